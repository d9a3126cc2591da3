"""Find the CORS rules of buckets, which browsers ask for before any credentials are there."""

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
    """Find the rules that count for the files of a bucket: none of one that does not exist.

    Nor of a private one, unless the asking request `has_sight`: its credentials show it the bucket.

    They are remembered for `MAX_AGE_SECONDS` at most, of `MAX_BUCKETS` buckets at most, whether those exist or not. So
    a change reaches this process at once by `forget`, and every other one within that time.
    """

    def __init__(self, buckets: Buckets, clock: Clock) -> None:
        self._buckets = buckets
        self._clock = clock
        # The rules of a bucket, whether it is public, and the moment of their end; the one that was read last is last.
        self._known: OrderedDict[str, tuple[Rules, bool, float]] = OrderedDict()
        self._changes = 0

    async def __call__(self, bucket: str, *, has_sight: bool = False) -> Rules:
        """Return the rules. While the catalog does not tell, there are none."""
        rules, is_public = await self._find(bucket)
        return rules if is_public or has_sight else ()

    async def _find(self, bucket: str) -> tuple[Rules, bool]:
        now = self._clock.monotonic()
        rules, is_public, end = self._known.get(bucket, ((), False, now))
        if now < end:
            return rules, is_public
        changes = self._changes
        try:
            rules, is_public = await self._read(bucket)
        except UnavailableError:
            return (), False
        # A read that began before a change may have seen the state before it.
        if changes == self._changes:
            self._known[bucket] = rules, is_public, now + MAX_AGE_SECONDS
            self._known.move_to_end(bucket)
            while len(self._known) > MAX_BUCKETS:
                self._known.popitem(last=False)
        return rules, is_public

    def forget(self, bucket: str) -> None:
        """Read the rules of a bucket anew from here on: its policy has changed."""
        self._changes += 1
        self._known.pop(bucket, None)

    async def _read(self, bucket: str) -> tuple[Rules, bool]:
        try:
            policy = await self._buckets.get_policy(bucket)
        except NoSuchBucketError:
            return (), False
        return policy.cors, policy.public
