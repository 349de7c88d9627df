// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

import { send } from './client.js';
import type { Answer, Client, RequestOptions } from './client.js';
import { flag, json, segment, single } from './codec.js';
import type * as models from './models.js';
import { items } from './pages.js';
import { follow } from './stream.js';
import type { ServerEvent, StreamOptions } from './stream.js';

/** What {@link cancelJob} takes. */
export interface CancelJobArgs {
  /** The job's id. */
  job_id: number;
}

/** What {@link cancelJob} answers. */
export type CancelJobAnswer = Answer<200, models.Job, {}>;

/**
 * Cancel a job
 *
 * The job will not run, or, if it is running, its result will not count. Fails with 409 if the job is finished
 * already (`completed`, `failed` or `cancelled`).
 *
 * `POST /jobs/{job_id}/cancel`
 */
export function cancelJob(
  client: Client,
  args: CancelJobArgs,
  options?: RequestOptions,
): Promise<CancelJobAnswer> {
  return send(
    client,
    options,
    {
      method: 'POST',
      path: `/jobs/${segment(args.job_id)}/cancel`,
      secured: true,
    },
    {
      200: [json],
    },
  );
}

/** What {@link cancelJobs} takes. */
export interface CancelJobsArgs {
  /** The body. */
  body: models.JobsToCancel;
}

/** What {@link cancelJobs} answers. */
export type CancelJobsAnswer = Answer<200, models.JobsChanged, {}>;

/**
 * Cancel many jobs
 *
 * Does what `cancelJob` does to all jobs that the body describes, the newest first, as far as they come within half the
 * time that a request may take. Each step of some hundred jobs is stored for itself.
 *
 * `POST /jobs/cancel`
 */
export function cancelJobs(
  client: Client,
  args: CancelJobsArgs,
  options?: RequestOptions,
): Promise<CancelJobsAnswer> {
  return send(
    client,
    options,
    {
      method: 'POST',
      path: '/jobs/cancel',
      secured: true,
      media: 'application/json',
      body: args.body,
    },
    {
      200: [json],
    },
  );
}

/** What {@link enqueueJob} takes. */
export interface EnqueueJobArgs {
  /**
   * Makes the request safe to repeat (draft-ietf-httpapi-idempotency-key-header-07). The first success is stored
   * together with what it made, and every later request with this key and the same body gets that answer again, with
   * `Idempotency-Replayed`; with another body it is a 422. Errors are not stored: correct what is wrong and use the
   * same key. Keys are kept for a day, unless the operator chose otherwise. They belong to the operation and to the
   * subject of your token; on an operation that is open to all, they belong to all, so take one that nobody can guess.
   * A UUID is a good key. Quotes around it are no part of it, but count for its length.
   */
  idempotency_key?: string | undefined;
  /** The body. */
  body: models.JobCreate;
}

/** What {@link enqueueJob} answers. */
export type EnqueueJobAnswer =
  | Answer<200, models.Job, { idempotency_replayed?: boolean; location: string }>
  | Answer<201, models.Job, { idempotency_replayed?: boolean; job_token?: string; location: string }>;

/**
 * Enqueue a job
 *
 * Stores a job; a worker runs it as soon as it is due and a slot is free. The payload is checked against the
 * schema of its job type (`x-job-types` in this document), once the rest of the body fits. Fails with 400 if the job type is unknown or the
 * payload does not fit; `errors` points into `/payload`.
 *
 * With a `unique_key` that another unfinished job of the type has, nothing is stored and the answer is 200 with the
 * other job.
 *
 * `POST /jobs`
 */
export function enqueueJob(
  client: Client,
  args: EnqueueJobArgs,
  options?: RequestOptions,
): Promise<EnqueueJobAnswer> {
  return send(
    client,
    options,
    {
      method: 'POST',
      path: '/jobs',
      secured: true,
      headers: { 'Idempotency-Key': args.idempotency_key },
      media: 'application/json',
      body: args.body,
    },
    {
      200: [json, { idempotency_replayed: ['Idempotency-Replayed', flag], location: ['Location', String] }],
      201: [json, {
        idempotency_replayed: ['Idempotency-Replayed', flag],
        job_token: ['Job-Token', String],
        location: ['Location', String],
      }],
    },
  );
}

/** What {@link enqueueJobs} takes. */
export interface EnqueueJobsArgs {
  /**
   * Makes the request safe to repeat (draft-ietf-httpapi-idempotency-key-header-07). The first success is stored
   * together with what it made, and every later request with this key and the same body gets that answer again, with
   * `Idempotency-Replayed`; with another body it is a 422. Errors are not stored: correct what is wrong and use the
   * same key. Keys are kept for a day, unless the operator chose otherwise. They belong to the operation and to the
   * subject of your token; on an operation that is open to all, they belong to all, so take one that nobody can guess.
   * A UUID is a good key. Quotes around it are no part of it, but count for its length.
   */
  idempotency_key?: string | undefined;
  /** The body. */
  body: models.JobBatch;
}

/** What {@link enqueueJobs} answers. */
export type EnqueueJobsAnswer = Answer<200, models.JobBatchResult, { idempotency_replayed?: boolean }>;

/**
 * Enqueue many jobs
 *
 * Stores all of the jobs or, if one of them is wrong, none; the payloads are looked at once the rest of the body fits.
 * Each is as in `enqueueJob`: one whose `unique_key` an
 * unfinished job has, or one before it in the batch, is not stored, and its receipt names the other.
 *
 * `POST /jobs/batch`
 */
export function enqueueJobs(
  client: Client,
  args: EnqueueJobsArgs,
  options?: RequestOptions,
): Promise<EnqueueJobsAnswer> {
  return send(
    client,
    options,
    {
      method: 'POST',
      path: '/jobs/batch',
      secured: true,
      headers: { 'Idempotency-Key': args.idempotency_key },
      media: 'application/json',
      body: args.body,
    },
    {
      200: [json, { idempotency_replayed: ['Idempotency-Replayed', flag] }],
    },
  );
}

/** What {@link getJob} takes. */
export interface GetJobArgs {
  /** The job's id. */
  job_id: number;
}

/** What {@link getJob} answers. */
export type GetJobAnswer = Answer<200, models.Job, {}>;

/**
 * Read a job
 *
 * The job with all its attempts, first attempt first. Fails with 404 if there is no such job; finished jobs are
 * removed after a while (seven days, unless the operator chose otherwise). A token with `jobs:follow` opens its own
 * job; any other id answers 403, whether it exists or not.
 *
 * `GET /jobs/{job_id}`
 */
export function getJob(
  client: Client,
  args: GetJobArgs,
  options?: RequestOptions,
): Promise<GetJobAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: `/jobs/${segment(args.job_id)}`,
      secured: true,
    },
    {
      200: [json],
    },
  );
}

/** What {@link getJobStats} answers. */
export type GetJobStatsAnswer = Answer<200, models.JobStats, {}>;

/**
 * Count jobs
 *
 * How many jobs there are in each status, in all and per job type. Finished jobs are counted as long as they are
 * kept (seven days, unless the operator chose otherwise).
 *
 * `GET /jobs/stats`
 */
export function getJobStats(
  client: Client,
  options?: RequestOptions,
): Promise<GetJobStatsAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/jobs/stats',
      secured: true,
    },
    {
      200: [json],
    },
  );
}

/** What {@link getJobTimeline} takes. */
export interface GetJobTimelineArgs {
  /** How far to look back. */
  minutes?: number | undefined;
}

/** What {@link getJobTimeline} answers. */
export type GetJobTimelineAnswer = Answer<200, models.JobTimeline, {}>;

/**
 * What attempts came to over time
 *
 * How many attempts ended in each of the last minutes, and how long they took, by job type. A minute in which none ended
 * is left out, and so are attempts that were cancelled, snoozed or handed back. The figures are some seconds old, and
 * those of a process that was killed may lack its last seconds.
 *
 * `GET /jobs/timeline`
 */
export function getJobTimeline(
  client: Client,
  args: GetJobTimelineArgs = {},
  options?: RequestOptions,
): Promise<GetJobTimelineAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/jobs/timeline',
      secured: true,
      query: [single('minutes', args.minutes)],
    },
    {
      200: [json],
    },
  );
}

/** What {@link listJobs} takes. */
export interface ListJobsArgs {
  /** How many items a page holds at most. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. Leave it out to get the first page. Do not make or change one. */
  cursor?: string | undefined;
  /** Only jobs in this status. */
  status?: models.JobStatus | undefined;
  /** Only jobs of this type. */
  job_type?: string | undefined;
  /** Only jobs in this queue. */
  queue?: string | undefined;
  /** Only jobs that concern this user. */
  user_id?: number | undefined;
  /**
   * Only jobs whose payload, error or unique key contains this text, in whatever case (of ASCII letters). The payload
   * is searched as it was sent.
   */
  text?: string | undefined;
  /** Which jobs come first. A cursor belongs to one order. */
  order?: models.ListJobsOrder | undefined;
}

/** What {@link listJobs} answers. */
export type ListJobsAnswer = Answer<200, models.JobPage, {}>;

/**
 * List jobs
 *
 * Jobs by id, the newest first unless `order` says otherwise, in pages, without their attempts. Filters are combined with "and". Fails with 400 if
 * a parameter is wrong or the cursor is not one that this list gave out.
 *
 * `GET /jobs`
 */
export function listJobs(
  client: Client,
  args: ListJobsArgs = {},
  options?: RequestOptions,
): Promise<ListJobsAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/jobs',
      secured: true,
      query: [
        single('limit', args.limit),
        single('cursor', args.cursor),
        single('status', args.status),
        single('job_type', args.job_type),
        single('queue', args.queue),
        single('user_id', args.user_id),
        single('text', args.text),
        single('order', args.order),
      ],
    },
    {
      200: [json],
    },
  );
}

/** Every item of all pages of {@link listJobs}; a page is asked for when it is needed. */
export function allJobs(
  client: Client,
  args: ListJobsArgs = {},
  options?: RequestOptions,
): AsyncGenerator<models.Job, void, undefined> {
  return items((page) => listJobs(client, page, options), args);
}

/** What {@link retryJob} takes. */
export interface RetryJobArgs {
  /** The job's id. */
  job_id: number;
}

/** What {@link retryJob} answers. */
export type RetryJobAnswer = Answer<200, models.Job, {}>;

/**
 * Run a failed or cancelled job again
 *
 * Puts the job back to `pending`, due now, with all its retries. Its earlier attempts stay on record. Fails with
 * 409 if the job is neither `failed` nor `cancelled`.
 *
 * `POST /jobs/{job_id}/retry`
 */
export function retryJob(
  client: Client,
  args: RetryJobArgs,
  options?: RequestOptions,
): Promise<RetryJobAnswer> {
  return send(
    client,
    options,
    {
      method: 'POST',
      path: `/jobs/${segment(args.job_id)}/retry`,
      secured: true,
    },
    {
      200: [json],
    },
  );
}

/** What {@link retryJobs} takes. */
export interface RetryJobsArgs {
  /** The body. */
  body: models.JobsToRetry;
}

/** What {@link retryJobs} answers. */
export type RetryJobsAnswer = Answer<200, models.JobsChanged, {}>;

/**
 * Run many failed or cancelled jobs again
 *
 * Does what `retryJob` does to all jobs that the body describes, the newest first, as far as they come within half the
 * time that a request may take. Each step of some hundred jobs is stored for itself.
 *
 * `POST /jobs/retry`
 */
export function retryJobs(
  client: Client,
  args: RetryJobsArgs,
  options?: RequestOptions,
): Promise<RetryJobsAnswer> {
  return send(
    client,
    options,
    {
      method: 'POST',
      path: '/jobs/retry',
      secured: true,
      media: 'application/json',
      body: args.body,
    },
    {
      200: [json],
    },
  );
}

/** What {@link streamJobEvents} takes. */
export interface StreamJobEventsArgs {
  /** Only jobs of this type. */
  job_type?: string | undefined;
  /** Only jobs in this queue. */
  queue?: string | undefined;
  /** Only jobs that concern this user. */
  user_id?: number | undefined;
  /** Only this job. Without `Last-Event-ID` the stream then begins with the job as it is. */
  job_id?: number | undefined;
  /** Start after this event. Without it the stream starts with the next change. */
  last_event_id?: string | number | undefined;
}

/** What {@link streamJobEvents} gives out. */
export type StreamJobEventsEvent =
  | ServerEvent<'job', models.Job>
  | ServerEvent<'missed', models.MissedJobs>;

/**
 * Follow jobs as they change
 *
 * Server-sent events. Filters are combined with "and". There are two kinds:
 *
 * - `event: job`: a job was put in or has changed. `data` is the job as it is now, as in the list (schema `Job`,
 *   without attempts).
 * - `event: missed`: the reader was so far behind, more than 10,000 changes, that changes were left out. `data` is
 *   `{"from": 4712, "to": 19804}`, the first and the last `id` of what was left out (schema `MissedJobs`); read the
 *   list to catch up. An unknown `Last-Event-ID`, such as one from before a backup was put back, is answered with the
 *   same.
 *
 * `id` grows with every change of any job. After a break, send the last one that you saw as `Last-Event-ID` to get what
 * has changed since. Ids also come without an event: the first lines of the stream tell where it starts and, in `retry`,
 * after how many milliseconds to connect again; later ones tell how far it is where a filter lets much go by. The
 * browser's `EventSource` keeps all of them, but cannot send the `Authorization` header: read the stream with `fetch`.
 *
 * A job that has changed several times since the last look is sent once, as it is now. That a job was deleted, as
 * finished ones are after a while, is not told. Several jobs can change at once and share an `id`; then only the last of
 * them carries it, so that a break in between repeats some of them and loses none.
 *
 * The stream does not end by itself. Lines that begin with `:` keep it alive and mean nothing. It ends when the server
 * stops, has lost its database, or finds that the token has expired: connect again. A token with `jobs:follow` opens the
 * stream of its own job, named by `job_id`, and no other.
 *
 * `GET /jobs/events`
 */
export function streamJobEvents(
  client: Client,
  args: StreamJobEventsArgs = {},
  options?: StreamOptions,
): AsyncGenerator<StreamJobEventsEvent, void, undefined> {
  return follow(
    client,
    options,
    {
      method: 'GET',
      path: '/jobs/events',
      secured: true,
      query: [
        single('job_type', args.job_type),
        single('queue', args.queue),
        single('user_id', args.user_id),
        single('job_id', args.job_id),
      ],
      headers: { 'Last-Event-ID': args.last_event_id },
    },
    ['job', 'missed'],
  );
}
