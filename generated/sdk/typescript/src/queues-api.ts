// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

import { send } from './client.js';
import type { Answer, Client, RequestOptions } from './client.js';
import { json, segment } from './codec.js';
import type * as models from './models.js';

/** What {@link listQueues} answers. */
export type ListQueuesAnswer = Answer<200, models.QueueList, {}>;

/**
 * List queues
 *
 * Every queue that has jobs, is paused or has a limit, by name, with what waits in it.
 *
 * `GET /queues`
 */
export function listQueues(
  client: Client,
  options?: RequestOptions,
): Promise<ListQueuesAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/queues',
      secured: true,
    },
    {
      200: [json],
    },
  );
}

/** What {@link listWorkers} answers. */
export type ListWorkersAnswer = Answer<200, models.WorkerList, {}>;

/**
 * List workers
 *
 * The processes that run jobs, and what they run. One that was killed is listed for some minutes more.
 *
 * `GET /workers`
 */
export function listWorkers(
  client: Client,
  options?: RequestOptions,
): Promise<ListWorkersAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/workers',
      secured: true,
    },
    {
      200: [json],
    },
  );
}

/** What {@link pauseQueue} takes. */
export interface PauseQueueArgs {
  /** The queue's name. */
  queue: string;
}

/** What {@link pauseQueue} answers. */
export type PauseQueueAnswer = Answer<200, models.Queue, {}>;

/**
 * Pause a queue
 *
 * Workers start no more jobs from this queue; running ones finish, new ones wait. Pausing a paused queue changes
 * nothing. A queue may be paused before it has jobs.
 *
 * `POST /queues/{queue}/pause`
 */
export function pauseQueue(
  client: Client,
  args: PauseQueueArgs,
  options?: RequestOptions,
): Promise<PauseQueueAnswer> {
  return send(
    client,
    options,
    {
      method: 'POST',
      path: `/queues/${segment(args.queue)}/pause`,
      secured: true,
    },
    {
      200: [json],
    },
  );
}

/** What {@link resumeQueue} takes. */
export interface ResumeQueueArgs {
  /** The queue's name. */
  queue: string;
}

/** What {@link resumeQueue} answers. */
export type ResumeQueueAnswer = Answer<200, models.Queue, {}>;

/**
 * Resume a queue
 *
 * Workers start jobs from this queue again. Resuming a queue that is not paused changes nothing.
 *
 * `POST /queues/{queue}/resume`
 */
export function resumeQueue(
  client: Client,
  args: ResumeQueueArgs,
  options?: RequestOptions,
): Promise<ResumeQueueAnswer> {
  return send(
    client,
    options,
    {
      method: 'POST',
      path: `/queues/${segment(args.queue)}/resume`,
      secured: true,
    },
    {
      200: [json],
    },
  );
}

/** What {@link updateQueue} takes. */
export interface UpdateQueueArgs {
  /** The queue's name, as a job may have it. */
  queue: string;
  /** The body. */
  body: models.QueuePatch;
}

/** What {@link updateQueue} answers. */
export type UpdateQueueAnswer = Answer<200, models.Queue, {}>;

/**
 * Limit a queue
 *
 * Sets how many jobs of the queue run at a time, in all processes together. Jobs that run already go on. A queue may be
 * limited before it has jobs.
 *
 * `PATCH /queues/{queue}`
 */
export function updateQueue(
  client: Client,
  args: UpdateQueueArgs,
  options?: RequestOptions,
): Promise<UpdateQueueAnswer> {
  return send(
    client,
    options,
    {
      method: 'PATCH',
      path: `/queues/${segment(args.queue)}`,
      secured: true,
      media: 'application/merge-patch+json',
      body: args.body,
    },
    {
      200: [json],
    },
  );
}
