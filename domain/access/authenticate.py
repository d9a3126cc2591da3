"""Find the caller of a request by its credential."""

from collections.abc import Sequence

from domain.access.callers import Caller
from domain.access.errors import TooManyFailuresError, UnauthenticatedError
from domain.access.failed_authentications import FailedAuthentications
from domain.access.ports import CredentialSource


class Authenticate:
    """Ask each source of credentials in turn."""

    errors = (UnauthenticatedError, TooManyFailuresError)

    def __init__(self, sources: Sequence[CredentialSource], failures: FailedAuthentications) -> None:
        self._sources = sources
        self._failures = failures

    async def __call__(self, credential: str, address: str) -> Caller:
        """Return the caller at that address.

        Raises `UnauthenticatedError`, for a wrong credential is never taken for none, or `TooManyFailuresError` where
        too many of them come from the address; and all that the sources do.
        """
        for source in self._sources:
            if caller := await source.caller_of(credential, address):
                return caller
        self._failures.count(address)
        raise UnauthenticatedError(UnauthenticatedError.example)
