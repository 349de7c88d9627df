# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
"""All operations in one client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .analytics_api import AnalyticsApi
from .jobs_api import JobsApi
from .queues_api import QueuesApi
from .system_api import SystemApi
from .users_api import UsersApi

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Client"]


class Client(
    AnalyticsApi,
    JobsApi,
    QueuesApi,
    SystemApi,
    UsersApi,
):
    """A client of Keiyaku. Use it in a `with` block, or close it: it keeps connections open."""

    def __enter__(self) -> Self:
        return self
