"""A directory has no way in for clients."""

from typing import NoReturn

from domain.errors import DirectAccessUnsupportedError
from domain.model.direct_access import ReadHeaders, ReadMethod


class NoDirectAccess:
    """Says so."""

    async def sign_read(self, key: str, method: ReadMethod, headers: ReadHeaders) -> NoReturn:  # noqa: ARG002 - the port's
        raise DirectAccessUnsupportedError(
            "The bytes are kept on a disk, which clients cannot reach: they come through the service alone."
        )
