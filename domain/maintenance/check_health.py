"""Check whether the catalog and the blob store work."""

from collections.abc import Awaitable, Callable

import anyio

from domain.blobs.ports import BlobStore
from domain.errors import UnavailableError
from domain.maintenance.ports import CatalogHealth

TIMEOUT_SECONDS = 3


class CheckHealth:
    """Check both stores concurrently, each within the timeout."""

    def __init__(self, catalog: CatalogHealth, blob_store: BlobStore) -> None:
        self._checks = {"catalog": catalog.check, "blob_store": blob_store.check}

    async def __call__(self) -> dict[str, bool]:
        """Return for each store whether it works."""
        health = dict.fromkeys(self._checks, False)
        async with anyio.create_task_group() as checks:
            for store, check in self._checks.items():
                checks.start_soon(self._check, health, store, check)
        return health

    async def _check(self, health: dict[str, bool], store: str, check: Callable[[], Awaitable[None]]) -> None:
        with anyio.move_on_after(TIMEOUT_SECONDS):
            try:
                await check()
            except UnavailableError:
                return
            health[store] = True
