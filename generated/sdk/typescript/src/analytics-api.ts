// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

import { send } from './client.js';
import type { Answer, Client, RequestOptions } from './client.js';
import { json, single } from './codec.js';
import type * as models from './models.js';

/** What {@link getSignups} takes. */
export interface GetSignupsArgs {
  /** First day. Default is 29 days before `until`. */
  since?: string | undefined;
  /** Last day, included. Default is today. */
  until?: string | undefined;
}

/** What {@link getSignups} answers. */
export type GetSignupsAnswer = Answer<200, models.SignupStats, {}>;

/**
 * Sign-ups per day
 *
 * How many users signed up on each day (UTC), as counted by the `user_created` jobs, so a sign-up appears when
 * its job is done. Every day of the range is listed, also those with none. Without parameters: the last 30 days.
 * Fails with 400 if `since` is after `until`, or the range is longer than 366 days.
 *
 * `GET /analytics/signups`
 */
export function getSignups(
  client: Client,
  args: GetSignupsArgs = {},
  options?: RequestOptions,
): Promise<GetSignupsAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/analytics/signups',
      secured: true,
      query: [single('since', args.since), single('until', args.until)],
    },
    {
      200: [json],
    },
  );
}
