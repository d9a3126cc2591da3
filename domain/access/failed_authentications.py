"""Failed authentications, which slow down the address that they come from."""

from math import ceil

from domain.access.errors import TooManyFailuresError
from domain.values.addresses import network_of
from domain.values.clock import Clock
from domain.values.token_buckets import TokenBuckets


class FailedAuthentications:
    """Counts the wrong credentials of each address, of IPv6 of each /64: `per_minute` of them, or as many at once.

    An address that sends more hears 429 in place of 401. It counts wrong credentials alone, so right ones pass:
    others behind the same address, such as that of a proxy or an office, keep theirs.
    """

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._buckets = TokenBuckets(clock)
        self._per_minute = per_minute

    def count(self, address: str) -> None:
        """Count a wrong credential. Raises `TooManyFailuresError`."""
        taken = self._buckets.take(network_of(address), size=self._per_minute, a_second=self._per_minute / 60)
        if taken.wait:
            raise TooManyFailuresError(TooManyFailuresError.example, retry_after=ceil(taken.wait))
