"""When keys were last used: noted in memory with each request, and recorded now and then."""

from uuid import UUID

from domain.keys.ports import KeyRecords
from domain.values.clock import Clock

# A record is renewed once it is four minutes old, so that it is right to five.
RECORDING_SECONDS = 60.0


class LastUses:
    """Collects uses, so that no request writes one. A process that is killed loses those of the last minute."""

    def __init__(self, records: KeyRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._last: dict[str, float] = {}

    def note(self, key_id: str) -> None:
        """Note that the key is used now."""
        self._last[key_id] = self._clock.monotonic()

    async def record(self) -> None:
        """Record the uses noted since the last time. Raises `UnavailableError`; then it stays noted."""
        noted, self._last = self._last, {}
        if not noted:
            return
        now = self._clock.monotonic()
        try:
            await self._records.record_uses({UUID(id): now - at for id, at in noted.items()})
        except BaseException:
            self._last = noted | self._last
            raise
