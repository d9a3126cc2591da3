"""The budget of each address for lookups of keys that do not exist."""

from math import ceil

from domain.access.errors import TooManyFailuresError
from domain.values.addresses import network_of
from domain.values.clock import Clock
from domain.values.token_buckets import TokenBuckets

# Many programs may stand behind one address, each with a key that is right and not known here yet: those cost nothing.
BURST = 200
A_SECOND = 20.0


class LookupBudget:
    """A token bucket for each address: `BURST` tokens at first, and `A_SECOND` more a second, up to as many."""

    def __init__(self, clock: Clock) -> None:
        self._buckets = TokenBuckets(clock)

    def spend(self, address: str) -> None:
        """Take a token. Raises `TooManyFailuresError` where there is none."""
        taken = self._buckets.take(network_of(address), size=BURST, a_second=A_SECOND)
        if taken.wait:
            raise TooManyFailuresError(TooManyFailuresError.example, retry_after=ceil(taken.wait))

    def refund(self, address: str) -> None:
        """Give a token back: the key exists."""
        self._buckets.give_back(network_of(address), size=BURST)
