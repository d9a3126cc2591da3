"""The port of the audit; `tests/contracts` checks its contract.

Entries of changes are added by the ports that make the changes, on behalf of the caller in `domain.access.acting`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.audit.model import AuditEntry, AuditQuery, DenialCount


class Audit(Protocol):
    """Keeps the audit, by the catalog's clock and in partitions of a month in UTC."""

    async def list_entries(self, query: AuditQuery) -> list[AuditEntry]:
        """Return up to `query.limit` entries, the newest first; of one time, in the order of their ids downwards."""
        ...

    async def add_denials(self, denials: Sequence[DenialCount], *, lost: int) -> None:
        """Add an entry for each, and one for those that were `lost`, if any were. Raises `OutcomeUnknownError`."""
        ...

    async def make_partitions(self, *, ahead: int, now: datetime | None = None) -> int:
        """Make the missing partitions from the month before `now` to `ahead` months after it; return their number."""
        ...

    async def drop_partitions(self, *, months: int, now: datetime | None = None) -> int:
        """Drop the partitions that ended before the `months` whole months before `now`; return their number.

        Nothing waits for it. One that was broken off is finished by the next. Raises `UnavailableError`, also where
        the catalog's user may not drop tables.
        """
        ...
