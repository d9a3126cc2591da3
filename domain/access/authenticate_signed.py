"""Find the caller of a signed request."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from domain.access.callers import Caller
from domain.access.errors import TooManyFailuresError, UnknownAccessKeyError, WrongSignatureError
from domain.access.failed_authentications import FailedAuthentications
from domain.access.ports import SignerSource
from domain.access.signers import Derivation


class Signed(NamedTuple):
    """The caller of a signed request, and the key that it was signed with, for the signatures that follow."""

    caller: Caller
    key: bytes

    def __repr__(self) -> str:
        return f"Signed(caller={self.caller!r}, ...)"


class AuthenticateSigned:
    """Ask each source of signers in turn."""

    errors = (UnknownAccessKeyError, WrongSignatureError, TooManyFailuresError)

    def __init__(self, sources: Sequence[SignerSource], failures: FailedAuthentications) -> None:
        self._sources = sources
        self._failures = failures

    async def __call__(
        self, access_key_id: str, address: str, derive: Derivation, is_signed_with: Callable[[bytes], bool]
    ) -> Signed:
        """Return the caller at that address whose key the request `is_signed_with`, which compares in constant time.

        Raises `UnknownAccessKeyError`, `WrongSignatureError`, or `TooManyFailuresError` where too many of them come
        from the address; and all that the sources do.
        """
        for source in self._sources:
            signer = await source.signer_of(access_key_id, address, derive)
            if signer is None:
                continue
            for key in signer.keys:
                if is_signed_with(key):
                    signer.note_use()
                    return Signed(signer.caller, key)
            self._failures.count(address)
            raise WrongSignatureError(WrongSignatureError.example)
        self._failures.count(address)
        raise UnknownAccessKeyError(UnknownAccessKeyError.example)
