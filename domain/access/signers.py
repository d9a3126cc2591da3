"""Callers that sign their requests and send no secret: the keys that they sign with."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple, Protocol

from domain.access.callers import Caller

# A protocol derives one a day, of which two are in use around midnight.
MAX_DERIVED = 4


class Derivation(Hashable, Protocol):
    """Derives the key to sign with from a secret. Equal derivations make equal keys."""

    def __call__(self, secret: str, /) -> bytes: ...


class DerivedKeys:
    """The keys that were derived from one secret: the last `MAX_DERIVED`."""

    def __init__(self) -> None:
        self._keys: OrderedDict[Derivation, bytes] = OrderedDict()

    def get(self, derive: Derivation, open_secret: Callable[[], str]) -> bytes:
        """Return the key, derived once. `open_secret` is called where it is not known; its errors pass."""
        key = self._keys.get(derive)
        if key is None:
            key = self._keys[derive] = derive(open_secret())
            if len(self._keys) > MAX_DERIVED:
                self._keys.popitem(last=False)
        return key


class Signer(NamedTuple):
    """A caller and the keys that it may sign with, more than one amid a rotation. `note_use` tells that it did."""

    caller: Caller
    keys: tuple[bytes, ...]
    note_use: Callable[[], object] = lambda: None

    def __repr__(self) -> str:
        return f"Signer(caller={self.caller!r}, ...)"
