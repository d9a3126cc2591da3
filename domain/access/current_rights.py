"""The rights of callers whose requests take long: they may end before the request does."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence

import msgspec

from domain.access.callers import Caller
from domain.access.ports import Rights
from domain.values.clock import Clock

# As long as a revoked key may be taken by a replica that has not heard of it.
RECHECK_SECONDS = 5.0


class CurrentRights:
    """Looks the rights of callers up again."""

    def __init__(self, sources: Sequence[Rights], clock: Clock) -> None:
        self._sources = sources
        self._clock = clock

    def watch(self, caller: Caller) -> "WatchedCaller":
        """Return the caller, whose rights are those of now."""
        return WatchedCaller(caller, self._sources, self._clock)


class WatchedCaller:
    """A caller during one request. Its rights are looked up again where the last look is `RECHECK_SECONDS` old."""

    def __init__(self, caller: Caller, sources: Sequence[Rights], clock: Clock) -> None:
        self._caller = caller
        self._sources = sources
        self._clock = clock
        self._looked_at = clock.monotonic()

    async def now(self) -> Caller:
        """Return the caller with the rights of now. Raises `UnavailableError`."""
        if self._clock.monotonic() - self._looked_at >= RECHECK_SECONDS:
            for source in self._sources:
                permissions = await source.permissions_of(self._caller)
                if permissions is not None:
                    self._caller = msgspec.structs.replace(self._caller, permissions=permissions)
            self._looked_at = self._clock.monotonic()
        return self._caller

    async def pass_on(self, body: AsyncIterable[bytes], check: Callable[[Caller], None]) -> AsyncIterator[bytes]:
        """Yield `body`, and at its end `check` the caller as it is by then. Raises all that `check` and `now` do."""
        async for chunk in body:
            yield chunk
        check(await self.now())
