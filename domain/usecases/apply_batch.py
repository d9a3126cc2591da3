"""Apply a batch of operations, over one transaction a chunk."""

from collections.abc import Sequence

from domain.errors import FileportError, NotAttemptedError, OutcomeUnknownError, UnavailableError
from domain.model.batches import Copy, Operation, Outcome
from domain.ports import Batches
from domain.usecases.copy_file import check_destination
from domain.usecases.find_file import check_address

# Each may need a savepoint, and Postgres follows no more than 64 of a transaction without looking on disk.
CHUNK = 50

_NOT_ATTEMPTED = NotAttemptedError("The batch ended before this operation.")


class ApplyBatch:
    """Do many operations in their order, each as if it came alone."""

    def __init__(self, catalog: Batches) -> None:
        self._catalog = catalog

    async def __call__(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Return the outcome of each operation.

        An operation that is refused holds up no other. Where the catalog fails, the operations of that chunk have its
        error, those behind it were not attempted, and what was done before stays. Raises `UnavailableError` where it
        fails before anything was done, so that nothing has happened.
        """
        outcomes: list[Outcome] = [_refusal(operation) for operation in operations]
        sound = [place for place, refusal in enumerate(outcomes) if refusal is None]
        for start in range(0, len(sound), CHUNK):
            places = sound[start : start + CHUNK]
            try:
                done = await self._catalog.apply_batch([operations[place] for place in places])
            except UnavailableError as error:
                if start == 0 and not isinstance(error, OutcomeUnknownError):
                    raise
                _tell(outcomes, places, [error] * len(places))
                behind = sound[start + CHUNK :]
                _tell(outcomes, behind, [_NOT_ATTEMPTED] * len(behind))
                break
            _tell(outcomes, places, done)
        return outcomes


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
