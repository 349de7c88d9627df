# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
"""Operations: `system`."""

from __future__ import annotations

from .. import answers
from .._call import Call, RequestOptions
from ._core import Core


class SystemApi(Core):
    """For operators, monitors and tools. Open to all, never rate limited."""

    def get_health(
        self,
        *,
        options: RequestOptions | None = None,
    ) -> answers.GetHealthAnswer:
        """Is the service healthy?

        Asks the database and the job queue. For monitors that raise an alarm; for orchestrators there are `/livez` and
        `/readyz`. 503 is plain JSON, not a problem document.

        `GET /health`

        Raises:
            ProblemError: with status 400, 406.
        """
        return self._send(
            Call(
                "GET",
                "/health",
            ),
            answers.GET_HEALTH,
            options,
        )

    def get_liveness(
        self,
        *,
        options: RequestOptions | None = None,
    ) -> answers.GetLivenessAnswer:
        """Is the process alive?

        Answers as long as the process serves requests; touches nothing else. No answer means restart it.

        `GET /livez`

        Raises:
            ProblemError: with status 400, 406.
        """
        return self._send(
            Call(
                "GET",
                "/livez",
            ),
            answers.GET_LIVENESS,
            options,
        )

    def get_metrics(
        self,
        *,
        options: RequestOptions | None = None,
    ) -> answers.GetMetricsAnswer:
        """Metrics for Prometheus

        In the Prometheus text format: requests, attempts, claims and commits of this process, and what is in the queues
        and files of the database at this moment. Without the database the rest is shown, and `db_up` is 0.

        `GET /metrics`

        Raises:
            ProblemError: with status 400, 406.
        """
        return self._send(
            Call(
                "GET",
                "/metrics",
            ),
            answers.GET_METRICS,
            options,
        )

    def get_openapi_json(
        self,
        *,
        options: RequestOptions | None = None,
    ) -> answers.GetOpenapiJsonAnswer:
        """This document, as JSON

        The contract that this server enforces, in its running validation mode.

        `GET /openapi.json`

        Raises:
            ProblemError: with status 400, 406.
        """
        return self._send(
            Call(
                "GET",
                "/openapi.json",
            ),
            answers.GET_OPENAPI_JSON,
            options,
        )

    def get_openapi_yaml(
        self,
        *,
        options: RequestOptions | None = None,
    ) -> answers.GetOpenapiYamlAnswer:
        """This document, as YAML

        The contract that this server enforces, in its running validation mode.

        `GET /openapi.yaml`

        Raises:
            ProblemError: with status 400, 406.
        """
        return self._send(
            Call(
                "GET",
                "/openapi.yaml",
            ),
            answers.GET_OPENAPI_YAML,
            options,
        )

    def get_readiness(
        self,
        *,
        options: RequestOptions | None = None,
    ) -> answers.GetReadinessAnswer:
        """Can the process take requests?

        503 while the database does not answer and during shutdown: send requests elsewhere and ask again.

        `GET /readyz`

        Raises:
            ProblemError: with status 400, 406, 503.
        """
        return self._send(
            Call(
                "GET",
                "/readyz",
            ),
            answers.GET_READINESS,
            options,
        )
