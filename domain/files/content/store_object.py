"""Store an object of the S3 protocol: a file with the sums of its bytes, and without the rules for paths."""

from collections.abc import AsyncIterable

from domain.access.callers import Caller
from domain.access.current_rights import CurrentRights
from domain.files.access import require_store
from domain.files.content.admission import Admission
from domain.files.content.running_sums import RunningSums
from domain.files.content.store_file import StoreFile
from domain.files.model import NewFile, Stored


class StoreObject:
    """Store a body as an object, or replace the one with that key."""

    errors = StoreFile.errors

    def __init__(self, store_file: StoreFile, admission: Admission, rights: CurrentRights) -> None:
        self._store_file = store_file
        self._admission = admission
        self._rights = rights

    async def admit(self, caller: Caller, new: NewFile) -> None:
        """Raise what is against the object before any byte of it: all that `require_store` and `Admission` do."""
        require_store(caller, new.bucket, new.name)
        await self._admission.admit(new)

    async def __call__(self, caller: Caller, new: NewFile, body: AsyncIterable[bytes], sums: RunningSums) -> Stored:
        """Return the object. The right to store it is looked up again at the end of a body that takes long.

        Raises all that `require_store` and `StoreFile` do.
        """

        def check(caller: Caller) -> None:
            require_store(caller, new.bucket, new.name)

        check(caller)
        return await self._store_file(new, self._rights.watch(caller).pass_on(body, check), sums=sums)
