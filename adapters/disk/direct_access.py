"""The refusal of direct access: clients cannot reach a directory."""

# ruff: noqa: ARG002 - every call is refused, whatever its arguments are

from collections.abc import Sequence
from typing import NoReturn

from domain.blobs.direct_access import ReadHeaders, ReadMethod, UploadedPart
from domain.blobs.errors import DirectAccessUnsupportedError


class NoDirectAccess:
    """Refuses every call of the port `DirectAccess`."""

    def require(self) -> NoReturn:
        raise DirectAccessUnsupportedError(
            "The bytes are kept on a disk, which clients cannot reach: they come and go through the service alone."
        )

    async def sign_read(self, key: str, method: ReadMethod, headers: ReadHeaders) -> NoReturn:
        self.require()

    async def begin_parts(self, key: str) -> NoReturn:
        self.require()

    async def sign_write(self, key: str, *, size: int) -> NoReturn:
        self.require()

    async def sign_part(self, key: str, multipart_id: str, number: int, *, size: int) -> NoReturn:
        self.require()

    async def list_parts(self, key: str, multipart_id: str) -> NoReturn:
        self.require()

    async def join_parts(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> NoReturn:
        self.require()

    async def copy(self, source: str, key: str, *, size: int) -> NoReturn:
        self.require()
