"""The ports of batches; `tests/contracts` checks their contracts."""

from collections.abc import Sequence
from typing import Protocol

from domain.batches.model import Operation, Outcome
from domain.idempotency.model import KeyClaim


class Batches(Protocol):
    """The part of the catalog that does many operations on files at once."""

    async def apply_batch(self, operations: Sequence[Operation], claim: KeyClaim | None = None) -> list[Outcome]:
        """Do the operations, one after the other, in one transaction, and return the outcome of each.

        Each does what the call of `Files` for it does, to the state that those before it left. What that call would
        refuse is the operation's outcome, leaves nothing of it, and does not undo the others.
        Finishes the `claim`, see `IdempotencyKeys`, with a `DoneChunk`.
        Raises `UnavailableError`; no operation was done then, unless it is `OutcomeUnknownError`.
        """
        ...
