"""The keys that this process has looked up just now."""

from collections import OrderedDict

import anyio
import msgspec

from domain.access.callers import Caller
from domain.access.scopes import Permissions
from domain.access.signers import DerivedKeys
from domain.errors import CatalogUnavailableError, FileportError
from domain.keys.checking.lookup_budget import LookupBudget
from domain.keys.credentials import KeyCredentials
from domain.keys.ports import KeyRecords
from domain.keys.sealed import KeptSecret
from domain.values.clock import Clock

# A revoked key is refused within 5 s, whatever becomes of notifications: no read counts for longer, from its start on.
FRESH_SECONDS = 4.0
MAX_KNOWN = 10_000
MAX_UNKNOWN = 10_000
# While a key changes again and again. The last read was begun less than `FRESH_SECONDS` ago, so it may count once.
_READS = 3


class HeldSecret(msgspec.Struct, frozen=True):
    """A secret as it is kept and when it ends, by this process's clock; and the keys that were derived of it.

    Those are forgotten with it: as soon as the key is looked up again.
    """

    kept: KeptSecret
    ends_at: float | None
    derived: DerivedKeys = msgspec.field(default_factory=DerivedKeys)

    def holds(self, now: float) -> bool:
        """Return whether the secret has not ended."""
        return self.ends_at is None or now < self.ends_at


class KnownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that holds. It does so until `ends_at`, by this process's clock."""

    caller: Caller
    secrets: tuple[HeldSecret, ...]
    ends_at: float | None

    def holding(self, now: float) -> list[HeldSecret]:
        """Return the secrets that have not ended, the newest first: none of a key that has."""
        if self.ends_at is not None and now >= self.ends_at:
            return []
        return [each for each in self.secrets if each.holds(now)]


class _Entry(msgspec.Struct):
    key: KnownKey
    fresh_until: float


class _Flight:
    """A lookup under way, which all that want the same key wait for."""

    def __init__(self) -> None:
        self.landed = anyio.Event()
        self.is_outdated = False
        self.result: KnownKey | None = None
        self.error: FileportError | None = None
        self.is_cancelled = True


class KeyCache:
    """Remembers keys for `FRESH_SECONDS`, and which ids no key has.

    A stale entry is read again before it counts. Its id is still known to exist, so reading it costs no budget.
    """

    def __init__(self, records: KeyRecords, clock: Clock, budget: LookupBudget) -> None:
        self._records = records
        self._clock = clock
        self._budget = budget
        self._known: OrderedDict[str, _Entry] = OrderedDict()
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._flights: dict[str, _Flight] = {}

    async def find(self, access_key_id: str, address: str) -> KnownKey | None:
        """Return the key with that id, None where there is none or it does not hold any more.

        Raises `TooManyFailuresError`, and `UnavailableError` where the catalog is needed and does not answer.
        """
        now = self._clock.monotonic()
        entry = self._known.get(access_key_id)
        if entry is not None and now < entry.fresh_until:
            return entry.key
        if now < self._unknown.get(access_key_id, now):
            return None
        while flight := self._flights.get(access_key_id):
            await flight.landed.wait()
            if flight.error is not None:
                raise flight.error
            if not flight.is_cancelled:
                return flight.result
        return await self._fly(access_key_id, address)

    def forget(self, access_key_id: str) -> None:
        """Look the key up again before it counts again. It has changed."""
        if entry := self._known.get(access_key_id):
            entry.fresh_until = float("-inf")
        self._unknown.pop(access_key_id, None)
        if flight := self._flights.get(access_key_id):
            flight.is_outdated = True

    def forget_all(self) -> None:
        """Look every key up again before it counts again. Any may have changed."""
        for entry in self._known.values():
            entry.fresh_until = float("-inf")
        self._unknown.clear()
        for flight in self._flights.values():
            flight.is_outdated = True

    async def _fly(self, access_key_id: str, address: str) -> KnownKey | None:
        if is_new := access_key_id not in self._known:
            self._budget.spend(address)
        flight = self._flights[access_key_id] = _Flight()
        try:
            flight.result = await self._read(access_key_id, flight)
            flight.is_cancelled = False
        except FileportError as error:
            flight.error = error
            raise
        finally:
            del self._flights[access_key_id]
            flight.landed.set()
        if is_new and flight.result is not None:
            self._budget.refund(address)
        return flight.result

    async def _read(self, access_key_id: str, flight: _Flight) -> KnownKey | None:
        reads = 0
        while True:
            reads += 1
            flight.is_outdated = False
            begun = self._clock.monotonic()
            credentials = await self._records.find_credentials(access_key_id)
            if self._clock.monotonic() >= begun + FRESH_SECONDS:
                raise CatalogUnavailableError("The catalog answers too slowly to tell whether the key still holds.")
            key = None if credentials is None else _known(credentials, begun)
            if not flight.is_outdated:
                self._remember(access_key_id, key, begun + FRESH_SECONDS)
            if not flight.is_outdated or reads == _READS:
                return key

    def _remember(self, access_key_id: str, key: KnownKey | None, until: float) -> None:
        self._known.pop(access_key_id, None)
        self._unknown.pop(access_key_id, None)
        if key is None:
            self._unknown[access_key_id] = until
            if len(self._unknown) > MAX_UNKNOWN:
                self._unknown.popitem(last=False)
            return
        self._known[access_key_id] = _Entry(key, until)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def _known(credentials: KeyCredentials, begun: float) -> KnownKey:
    # The seconds were counted after the read began: so a key never ends later here than it does in the catalog.
    caller = Caller(
        kind="key",
        id=str(credentials.id),
        permissions=Permissions(credentials.scopes),
        expires_at=credentials.expires_at,
        limits=credentials.limits,
    )
    return KnownKey(
        caller=caller,
        secrets=tuple(HeldSecret(each.kept, _end(each.seconds_left, begun)) for each in credentials.secrets),
        ends_at=_end(credentials.seconds_left, begun),
    )


def _end(seconds_left: float | None, begun: float) -> float | None:
    return None if seconds_left is None else begun + seconds_left
