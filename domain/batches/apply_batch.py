"""Apply a batch of operations, over one transaction a chunk."""

from collections.abc import Sequence
from uuid import UUID

from domain.batches.chunks import DoneChunk, done_chunk
from domain.batches.errors import NotAttemptedError
from domain.batches.model import Copy, Operation, Outcome
from domain.batches.ports import Batches
from domain.errors import FileportError, OutcomeUnknownError, UnavailableError
from domain.files.addresses import check_address, check_destination
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyClaim, KeyedRequest, part_of

# Each may need a savepoint, and Postgres follows no more than 64 of a transaction without looking on disk.
CHUNK = 50

_NOT_ATTEMPTED = NotAttemptedError("The batch ended before this operation.")


class ApplyBatch:
    """Do many operations in their order, each as if it came alone."""

    def __init__(self, catalog: Batches, idempotent: IdempotentExecutor) -> None:
        self._catalog = catalog
        self._idempotent = idempotent

    async def __call__(self, operations: Sequence[Operation], request: KeyedRequest | None = None) -> list[Outcome]:
        """Return the outcome of each operation.

        An operation that is refused holds up no other. Where the catalog fails, the operations of that chunk have its
        error, those behind it were not attempted, and what was done before stays. Raises `UnavailableError` where it
        fails before anything was done, so that nothing has happened.

        The same `request` has the outcomes of the chunks that it did before, and goes on behind them. Raises all that
        `IdempotentExecutor` does: of two at a time, one that finds the other at a chunk leaves the rest to that.
        """
        outcomes: list[Outcome] = [_refusal(operation) for operation in operations]
        sound = [place for place, refusal in enumerate(outcomes) if refusal is None]
        start, first = 0, None
        while places := sound[start : start + CHUNK]:
            try:
                chunk = await self._do([operations[place] for place in places], _part(request, first, start))
            except UnavailableError as error:
                if start == 0 and not isinstance(error, OutcomeUnknownError):
                    raise
                _tell(outcomes, places, [error] * len(places))
                behind = sound[start + CHUNK :]
                _tell(outcomes, behind, [_NOT_ATTEMPTED] * len(behind))
                break
            # Those of a repeat are as long as they were, in whichever release.
            done = chunk.outcomes
            _tell(outcomes, sound[start : start + len(done)], done)
            start, first = start + len(done), first or chunk.claim
        return outcomes

    async def _do(self, operations: Sequence[Operation], request: KeyedRequest | None) -> DoneChunk:
        async def apply(claim: KeyClaim | None) -> DoneChunk:
            return done_chunk(claim, await self._catalog.apply_batch(operations, claim))

        return await self._idempotent(request, DoneChunk, apply)


def _part(request: KeyedRequest | None, first: UUID | None, place: int) -> KeyedRequest | None:
    # The first chunk has the key that was sent. The others have keys that no earlier use of that one had.
    return request if request is None or first is None else part_of(request, first, place)


def _refusal(operation: Operation) -> FileportError | None:
    try:
        check_address(operation.address)
        if isinstance(operation, Copy):
            check_destination(operation.to)
    except FileportError as refusal:
        return refusal
    return None


def _tell(outcomes: list[Outcome], places: Sequence[int], done: Sequence[Outcome]) -> None:
    for place, outcome in zip(places, done, strict=True):
        outcomes[place] = outcome
