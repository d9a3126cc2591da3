"""The ports of access; `tests/contracts` checks their contracts."""

from typing import Protocol

from domain.access.callers import Caller
from domain.access.scopes import Permissions
from domain.access.signers import Derivation, Signer


class Rights(Protocol):
    """Knows what callers of one kind may do by now, which may be less than when their request began."""

    async def permissions_of(self, caller: Caller) -> Permissions | None:
        """Return the permissions: none where the credential has ended; None for a caller of another kind.

        Raises `UnavailableError`.
        """
        ...


class CredentialSource(Protocol):
    """Knows the callers of one kind by their credentials."""

    async def caller_of(self, credential: str, address: str, /) -> Caller | None:
        """Return the caller with that credential, None where it is not valid, or of another kind.

        `address` is the client's, empty where it is not known: a source may limit how much work one client makes it do.

        Takes the same time for every wrong credential of one form. Raises `UnavailableError` where that cannot be told,
        and `TooManyRequestsError`.
        """
        ...


class SignerSource(Protocol):
    """Knows the callers of one kind that sign their requests, by the public ids of their secrets."""

    async def signer_of(self, access_key_id: str, address: str, derive: Derivation, /) -> Signer | None:
        """Return the caller with that id, and for each of its secrets the key that requests are signed with.

        None where there is none. `address` is the client's, as for `CredentialSource`. Raises as that does.
        """
        ...
