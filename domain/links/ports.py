"""The ports of links; `tests/contracts` checks their contracts."""

from typing import Protocol
from uuid import UUID

from domain.links.model import FoundLink, Link, Maker, NewLink


class Links(Protocol):
    """Keeps links, and counts their uses. Times are in seconds, by the catalog's clock.

    An address is that of a client, or of a network that counts as one. A link is kept for a while after its end, and
    an upload link no longer than its bucket.
    """

    async def create_link(self, new: NewLink) -> Link:
        """Record a link under a fresh id. Raises `NoSuchBucketError`, and the errors of `NewLink.expiry`."""
        ...

    async def get_link(self, id: UUID) -> Link:
        """Return the link, ended or not. Raises `NoSuchLinkError`."""
        ...

    async def find_link(self, token_hash: bytes) -> FoundLink:
        """Return the link with that token, ended or not. Raises `NoSuchLinkError`."""
        ...

    async def list_links(
        self,
        *,
        file_id: UUID | None = None,
        bucket: str | None = None,
        owner: Maker | None,
        after: UUID | None,
        limit: int,
    ) -> list[Link]:
        """Return up to `limit` links of a file, or upload links of a bucket, that were not revoked, the newest first.

        Only those that the `owner` has made, unless it is None; and those that come after the link `after`.
        """
        ...

    async def revoke_link(self, id: UUID) -> None:
        """End the link from now on; one that was revoked stays so. Raises `NoSuchLinkError`, `OutcomeUnknownError`."""
        ...

    async def count_use(self, id: UUID, address: str) -> bool:
        """Count a use of a link that has not ended, and note its address. Return False where the link has ended.

        Exact, however many come at once: a link is used as often as its limit allows.
        """
        ...

    async def give_use_back(self, id: UUID) -> None:
        """Undo a count, of a use that did not begin."""
        ...

    async def was_used_from(self, id: UUID, address: str) -> bool:
        """Return whether a use was counted from the address within the last `RESUME_SECONDS`."""
        ...

    async def count_attempt(self, id: UUID, address: str) -> float:
        """Count an attempt at the link's password from an address, and return 0.

        Where `MAX_ATTEMPTS` were counted within `ATTEMPT_SECONDS`, count none, and return in how many seconds the
        next one may come. Exact, however many come at once.
        """
        ...

    async def forgive_attempt(self, id: UUID, address: str) -> None:
        """Undo the latest count of an attempt: its password was right."""
        ...

    async def forget_links(self, *, kept: float, limit: int) -> int:
        """Forget up to `limit` links that ended at least `kept` ago, and return their number.

        Links without an expiry whose file is gone end now, and notes of addresses that say nothing any more are
        forgotten; both count as well.
        """
        ...


class Passwords(Protocol):
    """Hashes passwords, slowly. Raises `OverloadedError` where too many wait already."""

    async def hash(self, password: str) -> str:
        """Return a hash of the password, with a salt of its own."""
        ...

    async def verify(self, password_hash: str, password: str) -> bool:
        """Return whether the hash is of that password."""
        ...
