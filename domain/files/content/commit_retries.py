"""Find out what became of a commit whose answer was lost: by repeating it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio

from domain.errors import OutcomeUnknownError, UnavailableError
from domain.files.model import Stored

ATTEMPTS = 4
PAUSE_SECONDS = 0.2


async def retry_unknown_commit(commit: Callable[[], Awaitable[Stored]]) -> Stored:
    """Return what `commit`, which is idempotent, does. Raises `OutcomeUnknownError` where no repeat was answered.

    Until that is known, no other failure of the catalog may pass for «nothing happened».
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
