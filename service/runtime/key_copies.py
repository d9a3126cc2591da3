"""The copies of keys that others keep. No figures here: the processes that fork workers import it."""

from typing import NamedTuple, Protocol


class Refreshed(Protocol):
    """A copy of data that is kept elsewhere and changes there."""

    async def refresh_due(self) -> None:
        """Read it again, unless it was read lately."""
        ...


class KeyCopies(NamedTuple):
    """The identity provider's keys, None where there is no provider to ask for them."""

    of_provider: Refreshed | None = None
