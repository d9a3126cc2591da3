"""Apply a batch of operations, in one transaction for each chunk of it."""

from collections.abc import Sequence
from uuid import UUID

from domain.access.callers import Caller
from domain.batches.chunks import DoneChunk, done_chunk
from domain.batches.errors import NotAttemptedError
from domain.batches.model import Copy, Operation, Outcome
from domain.batches.ports import Batches
from domain.errors import FileportError, OutcomeUnknownError, UnavailableError
from domain.files.access import require_store
from domain.files.addresses import check_address, check_destination
from domain.files.model import File
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyClaim, KeyedRequest, part_of

# Each operation may need a savepoint, and Postgres keeps no more than 64 of a transaction in memory.
CHUNK = 50

_NOT_ATTEMPTED = NotAttemptedError("The batch ended before this operation.")


class ApplyBatch:
    """Apply many operations in their order, each as if it came alone."""

    def __init__(self, batches: Batches, idempotent: IdempotentExecutor) -> None:
        self._batches = batches
        self._idempotent = idempotent

    async def __call__(
        self, caller: Caller, operations: Sequence[Operation], request: KeyedRequest | None = None
    ) -> list[Outcome]:
        """Return the outcome of each operation.

        A refused operation does not hold up the others. Where the catalog fails, the operations of that chunk have its
        error, those after it are not attempted, and those before it stay done. Raises `UnavailableError` where the
        catalog fails before anything was done.

        A repeated `request` gets the outcomes of the chunks that were done before, and goes on after them. Raises all
        that `IdempotentExecutor` does: of two requests at a time, one leaves the rest to the other that is at a chunk.
        """
        outcomes: list[Outcome] = [_refusal(operation) for operation in operations]
        sound = [index for index, refusal in enumerate(outcomes) if refusal is None]
        start, first = 0, None
        while chunk := sound[start : start + CHUNK]:
            try:
                done = await self._do(caller, [operations[index] for index in chunk], _part(request, first, start))
            except UnavailableError as error:
                if start == 0 and not isinstance(error, OutcomeUnknownError):
                    raise
                _record(outcomes, chunk, [error] * len(chunk))
                rest = sound[start + CHUNK :]
                _record(outcomes, rest, [_NOT_ATTEMPTED] * len(rest))
                break
            # Chunks that were done by a former release may have had another length.
            end = start + len(done.results)
            _record(outcomes, sound[start:end], [_told(caller, each) for each in done.outcomes])
            start, first = end, first or done.claim
        return outcomes

    async def _do(self, caller: Caller, operations: Sequence[Operation], request: KeyedRequest | None) -> DoneChunk:
        async def apply(claim: KeyClaim | None) -> DoneChunk:
            return done_chunk(claim, await self._batches.apply_batch(caller, operations, claim))

        return await self._idempotent(request, DoneChunk, apply)


def _told(caller: Caller, outcome: Outcome) -> Outcome:
    """Return the outcome, or its refusal: a file that was written before is for callers that may still write it."""
    if isinstance(outcome, File):
        try:
            require_store(caller, outcome.bucket, outcome.name)
        except FileportError as refusal:
            return refusal
    return outcome


def _part(request: KeyedRequest | None, first: UUID | None, index: int) -> KeyedRequest | None:
    # The first chunk has the key that was sent. The keys of the others are new with each claim of that one.
    return request if request is None or first is None else part_of(request, first, index)


def _refusal(operation: Operation) -> FileportError | None:
    try:
        check_address(operation.address)
        if isinstance(operation, Copy):
            check_destination(operation.to)
    except FileportError as refusal:
        return refusal
    return None


def _record(outcomes: list[Outcome], indexes: Sequence[int], done: Sequence[Outcome]) -> None:
    for index, outcome in zip(indexes, done, strict=True):
        outcomes[index] = outcome
