"""Retries of a commit whose outcome is unknown, which settle it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio

from domain.errors import OutcomeUnknownError, UnavailableError
from domain.files.model import Stored

ATTEMPTS = 4
PAUSE_SECONDS = 0.2


async def retry_unknown_commit(commit: Callable[[], Awaitable[Stored]]) -> Stored:
    """Return the result of `commit`, which is idempotent. Raises `OutcomeUnknownError` where no retry was answered.

    Once an outcome is unknown, no other failure of the catalog may be raised: it would say that nothing was committed.
    """
    try:
        return await commit()
    except OutcomeUnknownError as error:
        unknown = error
    for attempt in range(1, ATTEMPTS):
        await anyio.sleep(PAUSE_SECONDS * attempt)
        with suppress(UnavailableError):
            return await commit()
    raise unknown
