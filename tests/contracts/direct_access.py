"""What every blob store's way in for clients promises; see `domain.ports.DirectAccess`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import msgspec
import pytest

from domain.model.blobs import new_blob_key
from domain.model.direct_access import ReadHeaders
from domain.ports import BlobStore, DirectAccess
from tests.contracts.blob_store import stream

HEADERS = ReadHeaders(
    content_type='text/plain; charset="utf-8"',
    content_disposition="attachment; filename=\"a b.txt\"; filename*=UTF-8''%C3%A9%20b.txt",
    cache_control="private, no-cache",
)


class Answer(msgspec.Struct, frozen=True):
    """What a client gets."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class DirectAccessContract(ABC):
    """Derive a test class, give it the fixtures, and say how a client makes a request."""

    @pytest.fixture
    def store(self) -> BlobStore:
        raise NotImplementedError

    @pytest.fixture
    def direct(self) -> DirectAccess:
        """The way into `store`."""
        raise NotImplementedError

    @abstractmethod
    async def send(self, method: str, url: str) -> Answer:
        """Make a request, with no right but what its URL has."""

    async def test_a_reader_gets_the_bytes_with_the_headers_that_were_signed(
        self, store: BlobStore, direct: DirectAccess
    ) -> None:
        key = new_blob_key()
        await store.put(key, stream(b"0123456789"), size=10)
        got = await self.send("GET", await direct.sign_read(key, "GET", HEADERS))
        head = await self.send("HEAD", await direct.sign_read(key, "HEAD", HEADERS))
        assert (got.status, got.content) == (200, b"0123456789")
        assert (head.status, head.content) == (200, b"")
        assert got.headers["content-length"] == head.headers["content-length"] == "10"
        # Not compared of HEAD: LocalStack takes them for GET alone.
        assert got.headers["content-type"] == HEADERS.content_type
        assert got.headers["content-disposition"] == HEADERS.content_disposition
        assert got.headers["cache-control"] == HEADERS.cache_control

    async def test_where_no_bytes_are_the_store_says_so(self, store: BlobStore, direct: DirectAccess) -> None:
        assert (await self.send("GET", await direct.sign_read(new_blob_key(), "GET", HEADERS))).status == 404
