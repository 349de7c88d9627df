# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
"""Operations: `analytics`."""

from __future__ import annotations

import datetime

from .. import _codec as codec
from .. import answers
from .._call import Call, RequestOptions
from ._core import Core


class AnalyticsApi(Core):
    """Figures that the jobs add up."""

    def get_signups(
        self,
        *,
        since: datetime.date | None = None,
        until: datetime.date | None = None,
        options: RequestOptions | None = None,
    ) -> answers.GetSignupsAnswer:
        """Sign-ups per day

        How many users signed up on each day (UTC), as counted by the `user_created` jobs, so a sign-up appears when
        its job is done. Every day of the range is listed, also those with none. Without parameters: the last 30 days.
        Fails with 400 if `since` is after `until`, or the range is longer than 366 days.

        `GET /analytics/signups`

        Args:
            since: First day. Default is 29 days before `until`.
            until: Last day, included. Default is today.

        Raises:
            ProblemError: with status 400, 401, 403, 406, 429, 500, 503.
        """
        return self._send(
            Call(
                "GET",
                "/analytics/signups",
                secured=True,
                query=[codec.single("since", since), codec.single("until", until)],
            ),
            answers.GET_SIGNUPS,
            options,
        )
