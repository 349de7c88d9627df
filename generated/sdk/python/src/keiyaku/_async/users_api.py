# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
"""Operations: `users`."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator

from .. import _codec as codec
from .. import answers, models
from .._call import Call, RequestOptions
from ._core import AsyncCore


class AsyncUsersApi(AsyncCore):
    """People who signed up."""

    async def create_user(
        self,
        body: models.UserCreate,
        *,
        idempotency_key: str | None = None,
        options: RequestOptions | None = None,
    ) -> answers.CreateUserAnswer:
        """Sign up a user

        Stores the user and a `user_created` job in one transaction, then answers. The job runs right after: it makes
        the profile and sends the welcome mail.

        Fails with 400 if the body does not fit `UserCreate` (`errors` names every member that is wrong), and with 409
        if the email is taken, compared without regard to case. After 503 or a lost connection send the same request
        again: 409 then tells you that the first try was stored. With an `Idempotency-Key` it is simpler: the second try
        gets the first one's answer.

        To show how the job goes, follow it with the answer's `Job-Id` and `Job-Token`: `GET /jobs/{job_id}`, or
        `GET /jobs/events?job_id=…` for each change as it happens.

        `POST /users`

        Args:
            idempotency_key: Makes the request safe to repeat (draft-ietf-httpapi-idempotency-key-header-07). The
                first success is stored together with what it made, and every later request with this key and the same
                body gets that answer again, with `Idempotency-Replayed`; with another body it is a 422. Errors are not
                stored: correct what is wrong and use the same key. Keys are kept for a day, unless the operator chose
                otherwise. They belong to the operation and to the subject of your token; on an operation that is open
                to all, they belong to all, so take one that nobody can guess. A UUID is a good key. Quotes around it
                are no part of it, but count for its length.

        Raises:
            ProblemError: with status 400, 406, 408, 409, 413, 415, 422, 429, 500, 503.
        """
        return await self._send(
            Call(
                "POST",
                "/users",
                headers={"Idempotency-Key": idempotency_key},
                media="application/json",
                body=body,
            ),
            answers.CREATE_USER,
            options,
        )

    async def delete_user(
        self,
        user_id: int,
        *,
        if_match: str | None = None,
        options: RequestOptions | None = None,
    ) -> answers.DeleteUserAnswer:
        """Delete a user

        Removes the user and the profile for good. With `If-Match` it is removed only if nobody changed it in between
        (else 412). Fails with 404 if there is no such user, also when it has been deleted before.

        `DELETE /users/{user_id}`

        Args:
            user_id: The user's id.
            if_match: The `ETag` of the version that you read, or several, in one header or in more. Without it the
                request applies to whatever is stored.

        Raises:
            ProblemError: with status 400, 401, 403, 404, 412, 429, 500, 503.
        """
        return await self._send(
            Call(
                "DELETE",
                f"/users/{codec.segment(user_id)}",
                secured=True,
                headers={"If-Match": if_match},
            ),
            answers.DELETE_USER,
            options,
        )

    async def get_user(
        self,
        user_id: int,
        *,
        if_none_match: str | None = None,
        options: RequestOptions | None = None,
    ) -> answers.GetUserAnswer:
        """Read a user

        The stored user. A token with `users:self` reads only its own user; any other id answers 403, whether it exists
        or not. Fails with 404 if there is no such user. With `If-None-Match` the answer is 304 if you have this
        version.

        `GET /users/{user_id}`

        Args:
            user_id: The user's id.
            if_none_match: The `ETag` of the version that you have, or several, in one header or in more. If one is
                the current one, the answer is 304.

        Raises:
            ProblemError: with status 400, 401, 403, 404, 406, 429, 500, 503.
        """
        return await self._send(
            Call(
                "GET",
                f"/users/{codec.segment(user_id)}",
                secured=True,
                headers={"If-None-Match": if_none_match},
            ),
            answers.GET_USER,
            options,
        )

    async def get_user_profile(
        self,
        user_id: int,
        *,
        options: RequestOptions | None = None,
    ) -> answers.GetUserProfileAnswer:
        """Read a user's profile

        What the `user_created` job made of the user. Fails with 404 if there is no such user, or if the job has not
        run yet: right after a sign-up, ask again in a moment.

        `GET /users/{user_id}/profile`

        Args:
            user_id: The user's id.

        Raises:
            ProblemError: with status 400, 401, 403, 404, 406, 429, 500, 503.
        """
        return await self._send(
            Call(
                "GET",
                f"/users/{codec.segment(user_id)}/profile",
                secured=True,
            ),
            answers.GET_USER_PROFILE,
            options,
        )

    async def list_users(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        email: str | None = None,
        is_active: bool | None = None,
        created_after: datetime.datetime | None = None,
        created_before: datetime.datetime | None = None,
        options: RequestOptions | None = None,
    ) -> answers.ListUsersAnswer:
        """List users

        Users by id, oldest first, in pages. Filters are combined with "and". Fails with 400 if a parameter is wrong or
        the cursor is not one that this list gave out.

        `GET /users`

        Args:
            limit: How many items a page holds at most.
            cursor: The `next_cursor` of the page before. Leave it out to get the first page. Do not make or change
                one.
            email: Only the user with this email, compared without regard to case.
            is_active: Only users that are active, or only those that are not.
            created_after: Only users created at this time or later.
            created_before: Only users created earlier than this time.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return await self._send(
            Call(
                "GET",
                "/users",
                secured=True,
                query=[
                    codec.single("limit", limit),
                    codec.single("cursor", cursor),
                    codec.single("email", email),
                    codec.single("is_active", is_active),
                    codec.single("created_after", created_after),
                    codec.single("created_before", created_before),
                ],
            ),
            answers.LIST_USERS,
            options,
        )

    async def all_users(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        email: str | None = None,
        is_active: bool | None = None,
        created_after: datetime.datetime | None = None,
        created_before: datetime.datetime | None = None,
        options: RequestOptions | None = None,
    ) -> AsyncIterator[models.User]:
        """Every item of all pages of `list_users`; a page is asked for when it is needed."""
        while True:
            answer = await self.list_users(
                limit=limit,
                cursor=cursor,
                email=email,
                is_active=is_active,
                created_after=created_after,
                created_before=created_before,
                options=options,
            )
            for item in answer.body.items:
                yield item
            if answer.body.next_cursor is None:
                return
            cursor = answer.body.next_cursor

    async def update_user(
        self,
        user_id: int,
        body: models.UserPatch,
        *,
        if_match: str | None = None,
        options: RequestOptions | None = None,
    ) -> answers.UpdateUserAnswer:
        """Change a user

        A JSON merge patch (RFC 7396): members that you send replace the stored ones, `null` clears `name` or `bio`,
        members that you leave out stay. The answer is the whole user as it is now.

        Send the `ETag` that you got as `If-Match` to be sure that nobody changed the user in between; if somebody did,
        the answer is 412: read the user again and repeat. Fails with 409 if the new email is taken, and in flexible
        mode with 413 if the user's undeclared members together would be larger than a body may be.

        `PATCH /users/{user_id}`

        Args:
            user_id: The user's id.
            if_match: The `ETag` of the version that you read, or several, in one header or in more. Without it the
                request applies to whatever is stored.

        Raises:
            ProblemError: with status 400, 401, 403, 404, 406, 408, 409, 412, 413, 415, 429, 500, 503.
        """
        return await self._send(
            Call(
                "PATCH",
                f"/users/{codec.segment(user_id)}",
                secured=True,
                headers={"If-Match": if_match},
                media="application/merge-patch+json",
                body=body,
            ),
            answers.UPDATE_USER,
            options,
        )
