// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

import { send } from './client.js';
import type { Answer, Client, RequestOptions } from './client.js';
import { json, text } from './codec.js';
import type * as models from './models.js';

/** What {@link getHealth} answers. */
export type GetHealthAnswer =
  | Answer<200, models.Health, {}>
  | Answer<503, models.Unhealthy, {}>;

/**
 * Is the service healthy?
 *
 * Asks the database and the job queue. For monitors that raise an alarm; for orchestrators there are `/livez` and
 * `/readyz`. 503 is plain JSON, not a problem document.
 *
 * `GET /health`
 */
export function getHealth(
  client: Client,
  options?: RequestOptions,
): Promise<GetHealthAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/health',
    },
    {
      200: [json],
      503: [json],
    },
  );
}

/** What {@link getLiveness} answers. */
export type GetLivenessAnswer = Answer<200, models.Probe, {}>;

/**
 * Is the process alive?
 *
 * Answers as long as the process serves requests; touches nothing else. No answer means restart it.
 *
 * `GET /livez`
 */
export function getLiveness(
  client: Client,
  options?: RequestOptions,
): Promise<GetLivenessAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/livez',
    },
    {
      200: [json],
    },
  );
}

/** What {@link getMetrics} answers. */
export type GetMetricsAnswer = Answer<200, string, {}>;

/**
 * Metrics for Prometheus
 *
 * In the Prometheus text format: requests, attempts, claims and commits of this process, and what is in the queues and
 * files of the database at this moment. Without the database the rest is shown, and `db_up` is 0.
 *
 * `GET /metrics`
 */
export function getMetrics(
  client: Client,
  options?: RequestOptions,
): Promise<GetMetricsAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/metrics',
    },
    {
      200: [text],
    },
  );
}

/** What {@link getOpenapiJson} answers. */
export type GetOpenapiJsonAnswer = Answer<200, Record<string, unknown>, {}>;

/**
 * This document, as JSON
 *
 * The contract that this server enforces, in its running validation mode.
 *
 * `GET /openapi.json`
 */
export function getOpenapiJson(
  client: Client,
  options?: RequestOptions,
): Promise<GetOpenapiJsonAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/openapi.json',
    },
    {
      200: [json],
    },
  );
}

/** What {@link getOpenapiYaml} answers. */
export type GetOpenapiYamlAnswer = Answer<200, string, {}>;

/**
 * This document, as YAML
 *
 * The contract that this server enforces, in its running validation mode.
 *
 * `GET /openapi.yaml`
 */
export function getOpenapiYaml(
  client: Client,
  options?: RequestOptions,
): Promise<GetOpenapiYamlAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/openapi.yaml',
    },
    {
      200: [text],
    },
  );
}

/** What {@link getReadiness} answers. */
export type GetReadinessAnswer = Answer<200, models.Probe, {}>;

/**
 * Can the process take requests?
 *
 * 503 while the database does not answer and during shutdown: send requests elsewhere and ask again.
 *
 * `GET /readyz`
 */
export function getReadiness(
  client: Client,
  options?: RequestOptions,
): Promise<GetReadinessAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/readyz',
    },
    {
      200: [json],
    },
  );
}
