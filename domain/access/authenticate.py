"""Find the caller of a request by its credential."""

from collections.abc import Sequence

from domain.access.callers import Caller
from domain.access.errors import UnauthenticatedError
from domain.access.ports import CredentialSource


class Authenticate:
    """Ask each source of credentials in turn."""

    errors = (UnauthenticatedError,)

    def __init__(self, sources: Sequence[CredentialSource]) -> None:
        self._sources = sources

    async def __call__(self, credential: str, address: str) -> Caller:
        """Return the caller at that address.

        Raises `UnauthenticatedError`, for a wrong credential is never taken for none, and all that the sources do.
        """
        for source in self._sources:
            if caller := await source.caller_of(credential, address):
                return caller
        raise UnauthenticatedError(UnauthenticatedError.example)
