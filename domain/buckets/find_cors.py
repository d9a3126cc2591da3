"""Find the CORS rules of public buckets, which browsers ask for before any credentials are there."""

from collections import OrderedDict

from domain.buckets.cors import CorsRule
from domain.buckets.errors import NoSuchBucketError
from domain.buckets.ports import Buckets
from domain.errors import UnavailableError
from domain.values.clock import Clock

Rules = tuple[CorsRule, ...]

MAX_AGE_SECONDS = 5.0
MAX_BUCKETS = 256


class FindCors:
    """Find the rules that count for the files of a bucket: none of a private one, as of one that does not exist.

    They are remembered for `MAX_AGE_SECONDS` at most, of `MAX_BUCKETS` buckets at most, whether those exist or not. So
    a change reaches this process at once by `forget`, and every other one within that time.
    """

    def __init__(self, buckets: Buckets, clock: Clock) -> None:
        self._buckets = buckets
        self._clock = clock
        # The rules of a bucket and the moment of their end, the bucket that was read last at the end.
        self._known: OrderedDict[str, tuple[Rules, float]] = OrderedDict()
        self._changes = 0

    async def __call__(self, bucket: str) -> Rules:
        """Return the rules. While the catalog does not tell, there are none."""
        now = self._clock.monotonic()
        rules, end = self._known.get(bucket, ((), now))
        if now < end:
            return rules
        changes = self._changes
        try:
            rules = await self._read(bucket)
        except UnavailableError:
            return ()
        # A read that began before a change may have seen the state before it.
        if changes == self._changes:
            self._known[bucket] = rules, now + MAX_AGE_SECONDS
            self._known.move_to_end(bucket)
            while len(self._known) > MAX_BUCKETS:
                self._known.popitem(last=False)
        return rules

    def forget(self, bucket: str) -> None:
        """Read the rules of a bucket anew from here on: its policy has changed."""
        self._changes += 1
        self._known.pop(bucket, None)

    async def _read(self, bucket: str) -> Rules:
        try:
            return (await self._buckets.get_policy(bucket)).public_cors
        except NoSuchBucketError:
            return ()
