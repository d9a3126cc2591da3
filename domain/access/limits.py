"""The limits of a caller: requests a second, and bodies that move at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

import msgspec

from domain.access.callers import Caller, CallerLimits
from domain.access.errors import RateLimitedError, TooManyTransfersError
from domain.values.clock import Clock
from domain.values.token_buckets import TokenBuckets

# The root key is for work that must go on when nothing else does. Of links and of nobody, many people are one caller.
_LIMITED = frozenset({"key", "token"})


class Standing(msgspec.Struct, frozen=True):
    """How a caller stands to its limits: it may make `left` requests now, and all of them again in `seconds`."""

    limits: CallerLimits
    left: int = 0
    seconds: int = 1
    is_over: bool = False


class LimitCallers:
    """Count requests and transfers of each caller in this process. A caller's own limits replace `defaults`."""

    errors = (RateLimitedError,)

    def __init__(self, clock: Clock, defaults: CallerLimits) -> None:
        self._defaults = defaults
        self._buckets = TokenBuckets(clock)
        self._transfers: Counter[str] = Counter()

    def limits_of(self, caller: Caller) -> CallerLimits:
        """Return the limits that hold for a caller."""
        if caller.kind not in _LIMITED:
            return CallerLimits()
        own, defaults = caller.limits, self._defaults
        return CallerLimits(own.rate or defaults.rate, own.transfers or defaults.transfers)

    def count_request(self, caller: Caller) -> Standing:
        """Count a request, and return how the caller stands then. One that is over the rate is not counted."""
        limits = self.limits_of(caller)
        if limits.rate is None:
            return Standing(limits)
        taken = self._buckets.take(caller.owner, size=limits.rate, a_second=limits.rate)
        return Standing(limits, taken.left, max(1, ceil(taken.wait)), is_over=taken.wait > 0)

    @contextmanager
    def transfer(self, caller: Caller) -> Iterator[None]:
        """Count a transfer until the context ends. Entering raises `TooManyTransfersError`."""
        limit = self.limits_of(caller).transfers
        if limit is None:
            yield
            return
        name = caller.owner
        if self._transfers[name] >= limit:
            raise TooManyTransfersError(f"The caller moves as many bodies at once as it may: {limit}.")
        self._transfers[name] += 1
        try:
            yield
        finally:
            self._transfers[name] -= 1
            if not self._transfers[name]:
                del self._transfers[name]
