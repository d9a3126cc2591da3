"""Objects that are not found: only a caller who may list them learns that they do not exist."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.access.callers import Caller, denied
from domain.buckets.find_bucket import FindBucket
from domain.files.errors import NoSuchFileError
from domain.files.model import Location


class ExplainMissing:
    """Says what is missing, the object or its bucket, to a caller who may know."""

    def __init__(self, find_bucket: FindBucket) -> None:
        self._find_bucket = find_bucket

    @asynccontextmanager
    async def __call__(self, caller: Caller, at: Location) -> AsyncIterator[None]:
        """Raise `NoSuchBucketError`, or `AccessDeniedError`, in place of a `NoSuchFileError` that is raised within.

        Without the right to list the key, what is missing and what may not be seen have one answer (API Reference,
        "GetObject", "Permissions").
        """
        try:
            yield
        except NoSuchFileError as missing:
            await self._find_bucket(caller, at.bucket)
            if caller.permissions.allow("list", at.bucket, at.name):
                raise
            refusal = denied("read", at.bucket, at.name)
            refusal.denied = missing.denied
            raise refusal from None
