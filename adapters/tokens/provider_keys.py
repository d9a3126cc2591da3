"""The identity provider's keys: kept here, and fetched again before a rotation or an outage is felt."""

from collections.abc import Callable, Collection

import anyio

from adapters.tokens.keys import KeySet, UnusableKeyError, read_key_set
from adapters.tokens.ports import Document, PublicKey
from domain.access.errors import IdentityProviderUnavailableError
from domain.values.clock import Clock

# In seconds. A key that the provider withdraws is trusted for so long at most, while the provider answers.
FRESH = 300.0
# Between two fetches that tokens with an unknown key id ask for, and between two tries to renew a set.
REST = 30.0
# Between two tries to get the first set, for which no request waits.
FIRST_REST = 5.0


class ProviderKeys:
    """Keep `TokenKeys` with the key set at the identity provider.

    A timer calls `refresh_due`, so that requests find the keys here. Only a token with an unknown key id waits, for a
    fetch that all such tokens share: the provider may have rotated its keys. Ids can be made up, so that is once in
    `REST` seconds at most, and once more after a fetch that brought other keys, for they may go on changing. While the
    provider is down, the keys known last are used. `on_change` is called for each set that is another one.
    """

    def __init__(
        self,
        document: Document,
        algorithms: Collection[str],
        clock: Clock,
        *,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._document = document
        self._algorithms = algorithms
        self._clock = clock
        self._on_change = on_change
        self._keys: KeySet | None = None
        self.version = 0
        self._fetched_at = self._tried_at = self._forced_at = float("-inf")
        self._has_rotated = False
        self._fetch_ended: anyio.Event | None = None

    async def find(self, id: str | None, algorithm: str) -> PublicKey | None:
        if self._keys is not None and (key := self._keys.find(id, algorithm)) is not None:
            return key
        await self._look_again()
        if self._keys is None:
            raise IdentityProviderUnavailableError("The keys of the identity provider have not been had yet.")
        return self._keys.find(id, algorithm)

    async def refresh_due(self) -> None:
        """Fetch the keys unless they are fresh. Raises `IdentityProviderUnavailableError`; the old keys stay."""
        now = self._clock.monotonic()
        rest = FIRST_REST if self._keys is None else REST
        if now - self._fetched_at >= FRESH and now - self._tried_at >= rest and self._fetch_ended is None:
            await self._fetch()

    async def _look_again(self) -> None:
        if self._fetch_ended is not None:
            await self._fetch_ended.wait()
            return
        now = self._clock.monotonic()
        if now - self._forced_at < REST and not self._has_rotated:
            return
        self._forced_at, self._has_rotated = now, False
        try:
            # Others wait for it, too, so it goes on where the client that asked first disconnects.
            with anyio.CancelScope(shield=True):
                await self._fetch()
        except IdentityProviderUnavailableError:
            return  # the timer tries again, and its failures are logged

    async def _fetch(self) -> None:
        self._tried_at = self._clock.monotonic()
        self._fetch_ended = anyio.Event()
        try:
            keys = read_key_set(await self._document.fetch(), self._algorithms)
        except UnusableKeyError as error:
            raise IdentityProviderUnavailableError(
                "The identity provider has no key set where it should be."
            ) from error
        finally:
            self._fetch_ended.set()
            self._fetch_ended = None
        # From the start of the fetch: it may lack later changes.
        self._fetched_at = self._tried_at
        if self._keys is None or keys.fingerprint != self._keys.fingerprint:
            self._has_rotated = self._keys is not None
            self._keys = keys
            self.version += 1
            self._on_change()
