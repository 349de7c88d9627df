# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
"""All operations in one client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .analytics_api import AsyncAnalyticsApi
from .jobs_api import AsyncJobsApi
from .queues_api import AsyncQueuesApi
from .system_api import AsyncSystemApi
from .users_api import AsyncUsersApi

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AsyncClient"]


class AsyncClient(
    AsyncAnalyticsApi,
    AsyncJobsApi,
    AsyncQueuesApi,
    AsyncSystemApi,
    AsyncUsersApi,
):
    """A client of Keiyaku. Use it in a `with` block, or close it: it keeps connections open."""

    async def __aenter__(self) -> Self:
        return self
