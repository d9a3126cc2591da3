"""Batches in memory: each operation is the call for it alone."""

from collections.abc import Sequence

from domain.access.callers import SYSTEM, Caller
from domain.batches.chunks import done_chunk
from domain.batches.model import Change, Copy, Delete, Operation, Outcome
from domain.errors import FileportError, UnavailableError
from domain.files.change_file import ChangeFile
from domain.files.find_file import FindFile
from domain.files.model import File
from domain.idempotency.model import KeyClaim
from tests.fakes.database import FakeDatabase
from tests.fakes.files import FakeFiles
from tests.fakes.idempotency import check_claim, finish_claim


class FakeBatches:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database
        self._files = FakeFiles(database)

    async def apply_batch(
        self, caller: Caller, operations: Sequence[Operation], claim: KeyClaim | None = None
    ) -> list[Outcome]:
        self._database.reach()
        check_claim(self._database, claim)
        outcomes = [await self._attempt(caller, operation) for operation in operations]
        finish_claim(self._database, claim, done_chunk(claim, outcomes))
        return outcomes

    async def _attempt(self, caller: Caller, operation: Operation) -> Outcome:
        try:
            return await self._do(caller, operation)
        except UnavailableError:
            raise
        except FileportError as refusal:
            return refusal

    async def _do(self, caller: Caller, operation: Operation) -> File | None:
        file = await FindFile(self._files)(SYSTEM, operation.address)
        match operation:
            case Delete():
                await self._files.delete_file(caller, file.id, operation.precondition)
                return None
            case Copy():
                return await self._files.copy_file(caller, file.id, operation.to, operation.precondition)
            case Change():
                return await ChangeFile(self._files)(caller, file.id, operation.patch, operation.precondition)
