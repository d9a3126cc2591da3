"""Batches in memory: each operation is the call for it alone."""

from collections.abc import Sequence

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

    async def apply_batch(self, operations: Sequence[Operation], claim: KeyClaim | None = None) -> list[Outcome]:
        self._database.reach()
        check_claim(self._database, claim)
        outcomes = [await self._attempt(operation) for operation in operations]
        finish_claim(self._database, claim, done_chunk(claim, outcomes))
        return outcomes

    async def _attempt(self, operation: Operation) -> Outcome:
        try:
            return await self._do(operation)
        except UnavailableError:
            raise
        except FileportError as refusal:
            return refusal

    async def _do(self, operation: Operation) -> File | None:
        file = await FindFile(self._files)(operation.address)
        match operation:
            case Delete():
                await self._files.delete_file(file.id, operation.precondition)
                return None
            case Copy():
                return await self._files.copy_file(file.id, operation.to, operation.precondition)
            case Change():
                return await ChangeFile(self._files)(file.id, operation.patch, operation.precondition)
