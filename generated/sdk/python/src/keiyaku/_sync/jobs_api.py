# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
"""Operations: `jobs`."""

from __future__ import annotations

from collections.abc import Iterator

from .. import _codec as codec
from .. import answers, models
from .._call import Call, RequestOptions, StreamOptions
from .._either import Stream
from ._core import Core


class JobsApi(Core):
    """Work done in the background, and how far it is."""

    def cancel_job(
        self,
        job_id: int,
        *,
        options: RequestOptions | None = None,
    ) -> answers.CancelJobAnswer:
        """Cancel a job

        The job will not run, or, if it is running, its result will not count. Fails with 409 if the job is finished
        already (`completed`, `failed` or `cancelled`).

        `POST /jobs/{job_id}/cancel`

        Args:
            job_id: The job's id.

        Raises:
            ProblemError: with status 400, 401, 403, 404, 406, 409, 429, 500, 503.
        """
        return self._send(
            Call(
                "POST",
                f"/jobs/{codec.segment(job_id)}/cancel",
                secured=True,
            ),
            answers.CANCEL_JOB,
            options,
        )

    def cancel_jobs(
        self,
        body: models.JobsToCancel,
        *,
        options: RequestOptions | None = None,
    ) -> answers.CancelJobsAnswer:
        """Cancel many jobs

        Does what `cancelJob` does to all jobs that the body describes, the newest first, as far as they come within
        half the time that a request may take. Each step of some hundred jobs is stored for itself.

        `POST /jobs/cancel`

        Raises:
            ProblemError: with status 400, 401, 403, 406, 408, 413, 415, 429, 500, 503.
        """
        return self._send(
            Call(
                "POST",
                "/jobs/cancel",
                secured=True,
                media="application/json",
                body=body,
            ),
            answers.CANCEL_JOBS,
            options,
        )

    def enqueue_job(
        self,
        body: models.JobCreate,
        *,
        idempotency_key: str | None = None,
        options: RequestOptions | None = None,
    ) -> answers.EnqueueJobAnswer:
        """Enqueue a job

        Stores a job; a worker runs it as soon as it is due and a slot is free. The payload is checked against the
        schema of its job type (`x-job-types` in this document), once the rest of the body fits. Fails with 400 if the
        job type is unknown or the payload does not fit; `errors` points into `/payload`.

        With a `unique_key` that another unfinished job of the type has, nothing is stored and the answer is 200 with
        the other job.

        `POST /jobs`

        Args:
            idempotency_key: Makes the request safe to repeat (draft-ietf-httpapi-idempotency-key-header-07). The
                first success is stored together with what it made, and every later request with this key and the same
                body gets that answer again, with `Idempotency-Replayed`; with another body it is a 422. Errors are not
                stored: correct what is wrong and use the same key. Keys are kept for a day, unless the operator chose
                otherwise. They belong to the operation and to the subject of your token; on an operation that is open
                to all, they belong to all, so take one that nobody can guess. A UUID is a good key. Quotes around it
                are no part of it, but count for its length.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 408, 413, 415, 422, 429, 500, 503.
        """
        return self._send(
            Call(
                "POST",
                "/jobs",
                secured=True,
                headers={"Idempotency-Key": idempotency_key},
                media="application/json",
                body=body,
            ),
            answers.ENQUEUE_JOB,
            options,
        )

    def enqueue_jobs(
        self,
        body: models.JobBatch,
        *,
        idempotency_key: str | None = None,
        options: RequestOptions | None = None,
    ) -> answers.EnqueueJobsAnswer:
        """Enqueue many jobs

        Stores all of the jobs or, if one of them is wrong, none; the payloads are looked at once the rest of the body
        fits. Each is as in `enqueueJob`: one whose `unique_key` an
        unfinished job has, or one before it in the batch, is not stored, and its receipt names the other.

        `POST /jobs/batch`

        Args:
            idempotency_key: Makes the request safe to repeat (draft-ietf-httpapi-idempotency-key-header-07). The
                first success is stored together with what it made, and every later request with this key and the same
                body gets that answer again, with `Idempotency-Replayed`; with another body it is a 422. Errors are not
                stored: correct what is wrong and use the same key. Keys are kept for a day, unless the operator chose
                otherwise. They belong to the operation and to the subject of your token; on an operation that is open
                to all, they belong to all, so take one that nobody can guess. A UUID is a good key. Quotes around it
                are no part of it, but count for its length.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 408, 413, 415, 422, 429, 500, 503.
        """
        return self._send(
            Call(
                "POST",
                "/jobs/batch",
                secured=True,
                headers={"Idempotency-Key": idempotency_key},
                media="application/json",
                body=body,
            ),
            answers.ENQUEUE_JOBS,
            options,
        )

    def get_job(
        self,
        job_id: int,
        *,
        options: RequestOptions | None = None,
    ) -> answers.GetJobAnswer:
        """Read a job

        The job with all its attempts, first attempt first. Fails with 404 if there is no such job; finished jobs are
        removed after a while (seven days, unless the operator chose otherwise). A token with `jobs:follow` opens its
        own job; any other id answers 403, whether it exists or not.

        `GET /jobs/{job_id}`

        Args:
            job_id: The job's id.

        Raises:
            ProblemError: with status 400, 401, 403, 404, 406, 429, 500, 503.
        """
        return self._send(
            Call(
                "GET",
                f"/jobs/{codec.segment(job_id)}",
                secured=True,
            ),
            answers.GET_JOB,
            options,
        )

    def get_job_stats(
        self,
        *,
        options: RequestOptions | None = None,
    ) -> answers.GetJobStatsAnswer:
        """Count jobs

        How many jobs there are in each status, in all and per job type. Finished jobs are counted as long as they are
        kept (seven days, unless the operator chose otherwise).

        `GET /jobs/stats`

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return self._send(
            Call(
                "GET",
                "/jobs/stats",
                secured=True,
            ),
            answers.GET_JOB_STATS,
            options,
        )

    def get_job_timeline(
        self,
        *,
        minutes: int | None = None,
        options: RequestOptions | None = None,
    ) -> answers.GetJobTimelineAnswer:
        """What attempts came to over time

        How many attempts ended in each of the last minutes, and how long they took, by job type. A minute in which none
        ended is left out, and so are attempts that were cancelled, snoozed or handed back. The figures are some seconds
        old, and those of a process that was killed may lack its last seconds.

        `GET /jobs/timeline`

        Args:
            minutes: How far to look back.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return self._send(
            Call(
                "GET",
                "/jobs/timeline",
                secured=True,
                query=[codec.single("minutes", minutes)],
            ),
            answers.GET_JOB_TIMELINE,
            options,
        )

    def list_jobs(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: models.JobStatus | None = None,
        job_type: str | None = None,
        queue: str | None = None,
        user_id: int | None = None,
        text: str | None = None,
        order: models.ListJobsOrder | None = None,
        options: RequestOptions | None = None,
    ) -> answers.ListJobsAnswer:
        """List jobs

        Jobs by id, the newest first unless `order` says otherwise, in pages, without their attempts. Filters are
        combined with "and". Fails with 400 if a parameter is wrong or the cursor is not one that this list gave out.

        `GET /jobs`

        Args:
            limit: How many items a page holds at most.
            cursor: The `next_cursor` of the page before. Leave it out to get the first page. Do not make or change
                one.
            status: Only jobs in this status.
            job_type: Only jobs of this type.
            queue: Only jobs in this queue.
            user_id: Only jobs that concern this user.
            text: Only jobs whose payload, error or unique key contains this text, in whatever case (of ASCII
                letters). The payload is searched as it was sent.
            order: Which jobs come first. A cursor belongs to one order.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return self._send(
            Call(
                "GET",
                "/jobs",
                secured=True,
                query=[
                    codec.single("limit", limit),
                    codec.single("cursor", cursor),
                    codec.single("status", status),
                    codec.single("job_type", job_type),
                    codec.single("queue", queue),
                    codec.single("user_id", user_id),
                    codec.single("text", text),
                    codec.single("order", order),
                ],
            ),
            answers.LIST_JOBS,
            options,
        )

    def all_jobs(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: models.JobStatus | None = None,
        job_type: str | None = None,
        queue: str | None = None,
        user_id: int | None = None,
        text: str | None = None,
        order: models.ListJobsOrder | None = None,
        options: RequestOptions | None = None,
    ) -> Iterator[models.Job]:
        """Every item of all pages of `list_jobs`; a page is asked for when it is needed."""
        while True:
            answer = self.list_jobs(
                limit=limit,
                cursor=cursor,
                status=status,
                job_type=job_type,
                queue=queue,
                user_id=user_id,
                text=text,
                order=order,
                options=options,
            )
            yield from answer.body.items
            if answer.body.next_cursor is None:
                return
            cursor = answer.body.next_cursor

    def retry_job(
        self,
        job_id: int,
        *,
        options: RequestOptions | None = None,
    ) -> answers.RetryJobAnswer:
        """Run a failed or cancelled job again

        Puts the job back to `pending`, due now, with all its retries. Its earlier attempts stay on record. Fails with
        409 if the job is neither `failed` nor `cancelled`.

        `POST /jobs/{job_id}/retry`

        Args:
            job_id: The job's id.

        Raises:
            ProblemError: with status 400, 401, 403, 404, 406, 409, 429, 500, 503.
        """
        return self._send(
            Call(
                "POST",
                f"/jobs/{codec.segment(job_id)}/retry",
                secured=True,
            ),
            answers.RETRY_JOB,
            options,
        )

    def retry_jobs(
        self,
        body: models.JobsToRetry,
        *,
        options: RequestOptions | None = None,
    ) -> answers.RetryJobsAnswer:
        """Run many failed or cancelled jobs again

        Does what `retryJob` does to all jobs that the body describes, the newest first, as far as they come within half
        the time that a request may take. Each step of some hundred jobs is stored for itself.

        `POST /jobs/retry`

        Raises:
            ProblemError: with status 400, 401, 403, 406, 408, 413, 415, 429, 500, 503.
        """
        return self._send(
            Call(
                "POST",
                "/jobs/retry",
                secured=True,
                media="application/json",
                body=body,
            ),
            answers.RETRY_JOBS,
            options,
        )

    def stream_job_events(
        self,
        *,
        job_type: str | None = None,
        queue: str | None = None,
        user_id: int | None = None,
        job_id: int | None = None,
        last_event_id: str | int | None = None,
        options: StreamOptions | None = None,
    ) -> Stream[answers.StreamJobEventsEvent]:
        """Follow jobs as they change

        Server-sent events. Filters are combined with "and". There are two kinds:

        - `event: job`: a job was put in or has changed. `data` is the job as it is now, as in the list (schema `Job`,
          without attempts).
        - `event: missed`: the reader was so far behind, more than 10,000 changes, that changes were left out. `data` is
          `{"from": 4712, "to": 19804}`, the first and the last `id` of what was left out (schema `MissedJobs`); read
        the
          list to catch up. An unknown `Last-Event-ID`, such as one from before a backup was put back, is answered with
        the
          same.

        `id` grows with every change of any job. After a break, send the last one that you saw as `Last-Event-ID` to get
        what has changed since. Ids also come without an event: the first lines of the stream tell where it starts and,
        in `retry`, after how many milliseconds to connect again; later ones tell how far it is where a filter lets much
        go by. The browser's `EventSource` keeps all of them, but cannot send the `Authorization` header: read the
        stream with `fetch`.

        A job that has changed several times since the last look is sent once, as it is now. That a job was deleted, as
        finished ones are after a while, is not told. Several jobs can change at once and share an `id`; then only the
        last of them carries it, so that a break in between repeats some of them and loses none.

        The stream does not end by itself. Lines that begin with `:` keep it alive and mean nothing. It ends when the
        server stops, has lost its database, or finds that the token has expired: connect again. A token with
        `jobs:follow` opens the stream of its own job, named by `job_id`, and no other.

        `GET /jobs/events`

        Args:
            job_type: Only jobs of this type.
            queue: Only jobs in this queue.
            user_id: Only jobs that concern this user.
            job_id: Only this job. Without `Last-Event-ID` the stream then begins with the job as it is.
            last_event_id: Start after this event. Without it the stream starts with the next change.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return self._follow(
            Call(
                "GET",
                "/jobs/events",
                secured=True,
                query=[
                    codec.single("job_type", job_type),
                    codec.single("queue", queue),
                    codec.single("user_id", user_id),
                    codec.single("job_id", job_id),
                ],
                headers={"Last-Event-ID": last_event_id},
            ),
            answers.STREAM_JOB_EVENTS,
            options,
        )
