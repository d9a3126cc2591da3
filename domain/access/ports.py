"""The ports of access; `tests/contracts` checks their contracts."""

from typing import Protocol

from domain.access.callers import Caller


class CredentialSource(Protocol):
    """Knows the callers of one kind by their credentials."""

    async def caller_of(self, credential: str) -> Caller | None:
        """Return the caller with that credential, None where it is not valid, or of another kind.

        Takes the same time for every wrong credential of one form. Raises `UnavailableError` where that cannot be told.
        """
        ...
