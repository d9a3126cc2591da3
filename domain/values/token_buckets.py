"""Token buckets: so many at once, and so many a second in the long run."""

from collections import OrderedDict

import msgspec

from domain.values.clock import Clock

MAX_BUCKETS = 10_000


class Taken(msgspec.Struct, frozen=True):
    """The state of a bucket once a token was asked for. `wait` is the seconds until there is one; 0: it was taken."""

    left: int
    wait: float = 0.0


class TokenBuckets:
    """A token bucket for each name. Of more than `room`, the one used least lately is forgotten, which fills it."""

    def __init__(self, clock: Clock, *, room: int = MAX_BUCKETS) -> None:
        self._clock = clock
        self._room = room
        # How many tokens there were, and when.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, name: str, *, size: float, a_second: float) -> Taken:
        """Take a token of the bucket, which holds `size` of them, and gains `a_second`."""
        now = self._clock.monotonic()
        tokens, at = self._buckets.pop(name, (size, now))
        tokens = min(size, tokens + max(0.0, now - at) * a_second)
        taken = Taken(int(tokens - 1)) if tokens >= 1 else Taken(0, (1 - tokens) / a_second)
        self._buckets[name] = (tokens if taken.wait else tokens - 1, now)
        if len(self._buckets) > self._room:
            self._buckets.popitem(last=False)
        return taken

    def give_back(self, name: str, *, size: float) -> None:
        """Put a token back that was taken for nothing."""
        if bucket := self._buckets.get(name):
            tokens, at = bucket
            self._buckets[name] = (min(size, tokens + 1), at)
