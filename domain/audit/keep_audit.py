"""Keep the audit's partitions: make those to come, and drop those that are old."""

import msgspec

from domain.audit.ports import Audit

# A service that stands still for as long finds a partition to write to when it starts.
MONTHS_AHEAD = 3


class PartitionCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many partitions were made, and how many dropped."""

    made: int = 0
    dropped: int = 0


class KeepAudit:
    """One round. Any number may run at once, in any number of replicas. `months` is 0 where entries stay for ever."""

    def __init__(self, audit: Audit, *, months: int) -> None:
        self._audit = audit
        self._months = months

    async def __call__(self) -> PartitionCounts:
        """Make and drop partitions. Raises `UnavailableError`."""
        made = await self._audit.make_partitions(ahead=MONTHS_AHEAD)
        dropped = await self._audit.drop_partitions(months=self._months) if self._months else 0
        return PartitionCounts(made=made, dropped=dropped)
