# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
"""Operations: `queues`."""

from __future__ import annotations

from .. import _codec as codec
from .. import answers, models
from .._call import Call, RequestOptions
from ._core import AsyncCore


class AsyncQueuesApi(AsyncCore):
    """Where jobs wait. A paused queue keeps its jobs and starts none."""

    async def list_queues(
        self,
        *,
        options: RequestOptions | None = None,
    ) -> answers.ListQueuesAnswer:
        """List queues

        Every queue that has jobs, is paused or has a limit, by name, with what waits in it.

        `GET /queues`

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return await self._send(
            Call(
                "GET",
                "/queues",
                secured=True,
            ),
            answers.LIST_QUEUES,
            options,
        )

    async def list_workers(
        self,
        *,
        options: RequestOptions | None = None,
    ) -> answers.ListWorkersAnswer:
        """List workers

        The processes that run jobs, and what they run. One that was killed is listed for some minutes more.

        `GET /workers`

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return await self._send(
            Call(
                "GET",
                "/workers",
                secured=True,
            ),
            answers.LIST_WORKERS,
            options,
        )

    async def pause_queue(
        self,
        queue: str,
        *,
        options: RequestOptions | None = None,
    ) -> answers.PauseQueueAnswer:
        """Pause a queue

        Workers start no more jobs from this queue; running ones finish, new ones wait. Pausing a paused queue changes
        nothing. A queue may be paused before it has jobs.

        `POST /queues/{queue}/pause`

        Args:
            queue: The queue's name.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return await self._send(
            Call(
                "POST",
                f"/queues/{codec.segment(queue)}/pause",
                secured=True,
            ),
            answers.PAUSE_QUEUE,
            options,
        )

    async def resume_queue(
        self,
        queue: str,
        *,
        options: RequestOptions | None = None,
    ) -> answers.ResumeQueueAnswer:
        """Resume a queue

        Workers start jobs from this queue again. Resuming a queue that is not paused changes nothing.

        `POST /queues/{queue}/resume`

        Args:
            queue: The queue's name.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return await self._send(
            Call(
                "POST",
                f"/queues/{codec.segment(queue)}/resume",
                secured=True,
            ),
            answers.RESUME_QUEUE,
            options,
        )

    async def update_queue(
        self,
        queue: str,
        body: models.QueuePatch,
        *,
        options: RequestOptions | None = None,
    ) -> answers.UpdateQueueAnswer:
        """Limit a queue

        Sets how many jobs of the queue run at a time, in all processes together. Jobs that run already go on. A queue
        may be limited before it has jobs.

        `PATCH /queues/{queue}`

        Args:
            queue: The queue's name, as a job may have it.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 408, 413, 415, 429, 500, 503.
        """
        return await self._send(
            Call(
                "PATCH",
                f"/queues/{codec.segment(queue)}",
                secured=True,
                media="application/merge-patch+json",
                body=body,
            ),
            answers.UPDATE_QUEUE,
            options,
        )
