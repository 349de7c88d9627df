// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

import { send } from './client.js';
import type { Answer, Client, RequestOptions } from './client.js';
import { flag, json, nothing, segment, single } from './codec.js';
import type * as models from './models.js';
import { items } from './pages.js';

/** What {@link createUser} takes. */
export interface CreateUserArgs {
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
  body: models.UserCreate;
}

/** What {@link createUser} answers. */
export type CreateUserAnswer = Answer<201, models.User, { etag: string; idempotency_replayed?: boolean; job_id?: number; job_token?: string; location: string }>;

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
export function createUser(
  client: Client,
  args: CreateUserArgs,
  options?: RequestOptions,
): Promise<CreateUserAnswer> {
  return send(
    client,
    options,
    {
      method: 'POST',
      path: '/users',
      headers: { 'Idempotency-Key': args.idempotency_key },
      media: 'application/json',
      body: args.body,
    },
    {
      201: [json, {
        etag: ['ETag', String],
        idempotency_replayed: ['Idempotency-Replayed', flag],
        job_id: ['Job-Id', Number],
        job_token: ['Job-Token', String],
        location: ['Location', String],
      }],
    },
  );
}

/** What {@link deleteUser} takes. */
export interface DeleteUserArgs {
  /** The user's id. */
  user_id: number;
  /**
   * The `ETag` of the version that you read, or several, in one header or in more. Without it the request applies to
   * whatever is stored.
   */
  if_match?: string | undefined;
}

/** What {@link deleteUser} answers. */
export type DeleteUserAnswer = Answer<204, undefined, {}>;

/**
 * Delete a user
 *
 * Removes the user and the profile for good. With `If-Match` it is removed only if nobody changed it in between
 * (else 412). Fails with 404 if there is no such user, also when it has been deleted before.
 *
 * `DELETE /users/{user_id}`
 */
export function deleteUser(
  client: Client,
  args: DeleteUserArgs,
  options?: RequestOptions,
): Promise<DeleteUserAnswer> {
  return send(
    client,
    options,
    {
      method: 'DELETE',
      path: `/users/${segment(args.user_id)}`,
      secured: true,
      headers: { 'If-Match': args.if_match },
    },
    {
      204: [nothing],
    },
  );
}

/** What {@link getUser} takes. */
export interface GetUserArgs {
  /** The user's id. */
  user_id: number;
  /**
   * The `ETag` of the version that you have, or several, in one header or in more. If one is the current one, the
   * answer is 304.
   */
  if_none_match?: string | undefined;
}

/** What {@link getUser} answers. */
export type GetUserAnswer =
  | Answer<200, models.User, { etag: string }>
  | Answer<304, undefined, { etag: string }>;

/**
 * Read a user
 *
 * The stored user. A token with `users:self` reads only its own user; any other id answers 403, whether it exists
 * or not. Fails with 404 if there is no such user. With `If-None-Match` the answer is 304 if you have this version.
 *
 * `GET /users/{user_id}`
 */
export function getUser(
  client: Client,
  args: GetUserArgs,
  options?: RequestOptions,
): Promise<GetUserAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: `/users/${segment(args.user_id)}`,
      secured: true,
      headers: { 'If-None-Match': args.if_none_match },
    },
    {
      200: [json, { etag: ['ETag', String] }],
      304: [nothing, { etag: ['ETag', String] }],
    },
  );
}

/** What {@link getUserProfile} takes. */
export interface GetUserProfileArgs {
  /** The user's id. */
  user_id: number;
}

/** What {@link getUserProfile} answers. */
export type GetUserProfileAnswer = Answer<200, models.UserProfile, {}>;

/**
 * Read a user's profile
 *
 * What the `user_created` job made of the user. Fails with 404 if there is no such user, or if the job has not
 * run yet: right after a sign-up, ask again in a moment.
 *
 * `GET /users/{user_id}/profile`
 */
export function getUserProfile(
  client: Client,
  args: GetUserProfileArgs,
  options?: RequestOptions,
): Promise<GetUserProfileAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: `/users/${segment(args.user_id)}/profile`,
      secured: true,
    },
    {
      200: [json],
    },
  );
}

/** What {@link listUsers} takes. */
export interface ListUsersArgs {
  /** How many items a page holds at most. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. Leave it out to get the first page. Do not make or change one. */
  cursor?: string | undefined;
  /** Only the user with this email, compared without regard to case. */
  email?: string | undefined;
  /** Only users that are active, or only those that are not. */
  is_active?: boolean | undefined;
  /** Only users created at this time or later. */
  created_after?: string | undefined;
  /** Only users created earlier than this time. */
  created_before?: string | undefined;
}

/** What {@link listUsers} answers. */
export type ListUsersAnswer = Answer<200, models.UserPage, {}>;

/**
 * List users
 *
 * Users by id, oldest first, in pages. Filters are combined with "and". Fails with 400 if a parameter is wrong or
 * the cursor is not one that this list gave out.
 *
 * `GET /users`
 */
export function listUsers(
  client: Client,
  args: ListUsersArgs = {},
  options?: RequestOptions,
): Promise<ListUsersAnswer> {
  return send(
    client,
    options,
    {
      method: 'GET',
      path: '/users',
      secured: true,
      query: [
        single('limit', args.limit),
        single('cursor', args.cursor),
        single('email', args.email),
        single('is_active', args.is_active),
        single('created_after', args.created_after),
        single('created_before', args.created_before),
      ],
    },
    {
      200: [json],
    },
  );
}

/** Every item of all pages of {@link listUsers}; a page is asked for when it is needed. */
export function allUsers(
  client: Client,
  args: ListUsersArgs = {},
  options?: RequestOptions,
): AsyncGenerator<models.User, void, undefined> {
  return items((page) => listUsers(client, page, options), args);
}

/** What {@link updateUser} takes. */
export interface UpdateUserArgs {
  /** The user's id. */
  user_id: number;
  /**
   * The `ETag` of the version that you read, or several, in one header or in more. Without it the request applies to
   * whatever is stored.
   */
  if_match?: string | undefined;
  /** The body. */
  body: models.UserPatch;
}

/** What {@link updateUser} answers. */
export type UpdateUserAnswer = Answer<200, models.User, { etag: string }>;

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
export function updateUser(
  client: Client,
  args: UpdateUserArgs,
  options?: RequestOptions,
): Promise<UpdateUserAnswer> {
  return send(
    client,
    options,
    {
      method: 'PATCH',
      path: `/users/${segment(args.user_id)}`,
      secured: true,
      headers: { 'If-Match': args.if_match },
      media: 'application/merge-patch+json',
      body: args.body,
    },
    {
      200: [json, { etag: ['ETag', String] }],
    },
  );
}
