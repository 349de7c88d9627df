// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

// For a service in flexible mode: the same functions, and types of requests that take members beyond the contract's.

import type * as closed from './index.js';
import {
  createUser as closedCreateUser,
  updateUser as closedUpdateUser,
} from './index.js';

export * from './index.js';

/**
 * A sign-up. Members that are not declared here are kept in the user's `additional_data` and handed to the
 * `user_created` job, which reads `hobby`, `location` and `score`. Members named like those that the server sets
 * (`id`, `created_at`, `updated_at`, `additional_data`) are refused.
 */
export interface UserCreate {
  /** Where mail reaches the user; no quotes and no address in brackets. No two users have the same, compared without regard to case. */
  email: string;
  /** In whole years. */
  age: number;
  /** What to call the user. */
  name?: string | undefined;
  /** Some words about the user. */
  bio?: string | undefined;
  /** Whether the account is in use. */
  is_active?: boolean | undefined;
  /** Refused: the answer has a member of this name. */
  id?: never;
  /** Refused: the answer has a member of this name. */
  created_at?: never;
  /** Refused: the answer has a member of this name. */
  updated_at?: never;
  /** Refused: the answer has a member of this name. */
  additional_data?: never;
  /** Members that the contract does not declare. */
  [name: string]: unknown;
}

/**
 * The members to change, each as in `UserCreate`. Members that are not declared here change `additional_data`:
 * null removes one. Members named like those that the server sets (`id`, `created_at`, `updated_at`,
 * `additional_data`) are refused. Members that are left out stay as they are.
 */
export interface UserPatch {
  /** The new email. */
  email?: string | undefined;
  /** In whole years. */
  age?: number | undefined;
  /** The new name; null clears it. */
  name?: string | null | undefined;
  /** The new text; null clears it. */
  bio?: string | null | undefined;
  /** Whether the account is in use. */
  is_active?: boolean | undefined;
  /** Refused: the answer has a member of this name. */
  id?: never;
  /** Refused: the answer has a member of this name. */
  created_at?: never;
  /** Refused: the answer has a member of this name. */
  updated_at?: never;
  /** Refused: the answer has a member of this name. */
  additional_data?: never;
  /** Members that the contract does not declare. */
  [name: string]: unknown;
}

/** What {@link createUser} takes. */
export interface CreateUserArgs extends Omit<closed.CreateUserArgs, 'body'> {
  /** The body. */
  body: UserCreate;
}

/**
 * Sign up a user
 *
 * Stores the user and a `user_created` job in one transaction, then answers. The job runs right after: it makes
 * the profile and sends the welcome mail.
 *
 * Fails with 400 if the body does not fit `UserCreate` (`errors` names every member that is wrong), and with 409
 * if the email is taken, compared without regard to case. After 503 or a lost connection send the same request
 * again: 409 then tells you that the first try was stored. With an `Idempotency-Key` it is simpler: the second try
 * gets the first one's answer.
 *
 * To show how the job goes, follow it with the answer's `Job-Id` and `Job-Token`: `GET /jobs/{job_id}`, or
 * `GET /jobs/events?job_id=…` for each change as it happens.
 *
 * `POST /users`
 */
export const createUser: (
  client: closed.Client,
  args: CreateUserArgs,
  options?: closed.RequestOptions,
) => Promise<closed.CreateUserAnswer> = closedCreateUser;

/** What {@link updateUser} takes. */
export interface UpdateUserArgs extends Omit<closed.UpdateUserArgs, 'body'> {
  /** The body. */
  body: UserPatch;
}

/**
 * Change a user
 *
 * A JSON merge patch (RFC 7396): members that you send replace the stored ones, `null` clears `name` or `bio`,
 * members that you leave out stay. The answer is the whole user as it is now.
 *
 * Send the `ETag` that you got as `If-Match` to be sure that nobody changed the user in between; if somebody did,
 * the answer is 412: read the user again and repeat. Fails with 409 if the new email is taken, and in flexible mode with
 * 413 if the user's undeclared members together would be larger than a body may be.
 *
 * `PATCH /users/{user_id}`
 */
export const updateUser: (
  client: closed.Client,
  args: UpdateUserArgs,
  options?: closed.RequestOptions,
) => Promise<closed.UpdateUserAnswer> = closedUpdateUser;
