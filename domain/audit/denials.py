"""Denials on their way to the audit: a bounded number, however many there are."""

from collections import Counter

from domain.access.callers import Caller
from domain.audit.model import Denial, DenialCount
from domain.audit.ports import Audit
from domain.errors import UnavailableError
from domain.values.clock import Clock

# Different denials between two flushes: of callers that are known, of all others together, and of each alone, who is an
# address where nothing else is known.
KNOWN = 500
UNKNOWN = 50
EACH = 20
# Denials that the catalog did not take for so many seconds are lost.
MAX_AGE = 3600.0

_Key = tuple[object, ...]


class Denials:
    """Gathers denials, and adds them to the audit with each flush.

    Nobody waits for the catalog, and no request fails for it. Equal denials are counted together. Those that are too
    many are lost: their number is added instead. So are all that were gathered since the last flush when the process
    is killed.
    """

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._gathered: dict[_Key, tuple[Denial, float, int]] = {}
        self._of_each: Counter[str] = Counter()
        self._unknown = 0
        self._lost = 0

    def add(self, denial: Denial) -> None:
        """Gather a denial, or count it among the lost."""
        self._gather(denial, self._clock.monotonic(), 1)

    async def flush(self) -> int:
        """Add the denials to the audit, and return the number of those that are lost.

        Raises `UnavailableError`; then they wait for the next flush, which adds them twice where the outcome of this
        one is unknown.
        """
        gathered, lost = self._gathered, self._lost
        self._gathered, self._of_each, self._unknown, self._lost = {}, Counter(), 0, 0
        now = self._clock.monotonic()
        young = [each for each in gathered.values() if now - each[1] <= MAX_AGE]
        lost += sum(count for _, since, count in gathered.values() if now - since > MAX_AGE)
        counts = [DenialCount(denial=denial, count=count, age=now - since) for denial, since, count in young]
        if not counts and not lost:
            return 0
        try:
            await self._audit.add_denials(counts, lost=lost)
        except UnavailableError:
            self._lost += lost
            for denial, since, count in young:
                self._gather(denial, since, count)
            raise
        return lost

    def _gather(self, denial: Denial, since: float, count: int) -> None:
        key = _key(denial)
        if key in self._gathered:
            first, begun, before = self._gathered[key]
            self._gathered[key] = first, min(begun, since), before + count
        elif self._has_room(denial.caller):
            self._gathered[key] = denial, since, count
        else:
            self._lost += count

    def _has_room(self, caller: Caller) -> bool:
        is_known = caller.kind != "nobody"
        each = caller.owner if is_known else f"{caller.owner} {caller.address}"
        if self._of_each[each] >= EACH:
            return False
        if is_known:
            if len(self._gathered) - self._unknown >= KNOWN:
                return False
        elif self._unknown >= UNKNOWN:
            return False
        self._of_each[each] += 1
        self._unknown += not is_known
        return True


def _key(denial: Denial) -> _Key:
    """Return the same for denials that are equal but for their request."""
    caller = denial.caller
    return caller.owner, caller.address, denial.action, denial.bucket, denial.file_id, denial.name
