"""The commit of a file: under a free name where its terms want one, retried where its outcome is unknown."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import anyio

from domain.blobs.model import Blob
from domain.errors import OutcomeUnknownError, UnavailableError
from domain.files.model import NewFile, Stored, named
from domain.files.ports import Files
from domain.files.terms import under_free_name
from domain.idempotency.model import KeyClaim

ATTEMPTS = 4
PAUSE_SECONDS = 0.2


async def commit_file(files: Files, new: NewFile, blob: Blob, claim: KeyClaim | None) -> Stored:
    """Do as `Files.commit_file` does. Raises what the terms of the file do, and `NameTakenError`, as well."""
    new.terms.admit(content_type=new.content_type, size=blob.size)
    return await under_free_name(
        new.terms, lambda name: retry_unknown_commit(partial(files.commit_file, named(new, name), blob, claim))
    )


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
