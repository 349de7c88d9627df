# @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.
from .analytics_api import AsyncAnalyticsApi
from .jobs_api import AsyncJobsApi
from .queues_api import AsyncQueuesApi
from .system_api import AsyncSystemApi
from .users_api import AsyncUsersApi

__all__ = ["AsyncClient"]


class AsyncClient(
    AsyncAnalyticsApi,
    AsyncJobsApi,
    AsyncQueuesApi,
    AsyncSystemApi,
    AsyncUsersApi,
):
    """A client of Keiyaku. Use it in a `with` block, or close it: it keeps connections open."""
