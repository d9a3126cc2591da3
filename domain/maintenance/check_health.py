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

    async def __call__(self) -> dict[str, UnavailableError | None]:
        """Return for each store why it does not work, None where it does."""
        health: dict[str, UnavailableError | None] = dict.fromkeys(self._checks)
        async with anyio.create_task_group() as checks:
            for store, check in self._checks.items():
                checks.start_soon(self._check, health, store, check)
        return health

    async def _check(
        self, health: dict[str, UnavailableError | None], store: str, check: Callable[[], Awaitable[None]]
    ) -> None:
        health[store] = UnavailableError(f"The check took over {TIMEOUT_SECONDS} seconds.")
        with anyio.move_on_after(TIMEOUT_SECONDS):
            try:
                await check()
                health[store] = None
            except UnavailableError as error:
                health[store] = error
