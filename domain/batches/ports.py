"""The port of batches; `tests/contracts` checks its contract."""

from collections.abc import Sequence
from typing import Protocol

from domain.access.callers import Caller
from domain.batches.model import Operation, Outcome
from domain.idempotency.model import KeyClaim


class Batches(Protocol):
    """Applies many operations to files in one transaction."""

    async def apply_batch(
        self, caller: Caller, operations: Sequence[Operation], claim: KeyClaim | None = None
    ) -> list[Outcome]:
        """Apply the operations in their order, in one transaction, and return the outcome of each.

        Each operation does the same as the use case for it, the caller's rights included, and sees the changes of those
        before it. An operation that this call would refuse has the refusal as its outcome, changes nothing, and does
        not undo the others. Finishes the `claim`, see `IdempotencyKeys`, with a `DoneChunk`.

        Raises `UnavailableError`: then no operation was applied, unless it is `OutcomeUnknownError`.
        """
        ...
