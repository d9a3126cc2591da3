"""The contract of `domain.blobs.ports.DirectAccess`."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol

import msgspec
import pytest

from domain.blobs.direct_access import ReadHeaders
from domain.blobs.errors import BlobMissingError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore, DirectAccess
from domain.direct_uploads.errors import IncompleteUploadError
from tests.contracts.blob_store.store import is_missing, payload, read, stream

HEADERS = ReadHeaders(
    content_type='text/plain; charset="utf-8"',
    content_disposition="attachment; filename=\"a b.txt\"; filename*=UTF-8''%C3%A9%20b.txt",
    cache_control="private, no-cache",
)

# The smallest that S3 joins.
PART = 5 * 1024**2


class Answer(msgspec.Struct, frozen=True):
    """What a client gets."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Send(Protocol):
    async def __call__(self, method: str, url: str, content: bytes = b"") -> Answer:
        """Make a request, with no right but that of its URL."""


async def send_part(direct: DirectAccess, send: Send, key: str, multipart_id: str, number: int, content: bytes) -> None:
    """Send a part, as a client does."""
    request = await direct.sign_part(key, multipart_id, number, size=len(content))
    assert (await send(request.method, request.url, content)).status == 200


class TestDirectAccess:
    """Asks for `store`, `direct`, which is the way into it, and `send`."""

    async def test_a_reader_gets_the_bytes_with_the_headers_that_were_signed(
        self, store: BlobStore, direct: DirectAccess, send: Send
    ) -> None:
        key = new_blob_key()
        await store.put(key, stream(b"0123456789"), size=10)
        got = await send("GET", await direct.sign_read(key, "GET", HEADERS))
        head = await send("HEAD", await direct.sign_read(key, "HEAD", HEADERS))
        assert (got.status, got.content) == (200, b"0123456789")
        assert (head.status, head.content) == (200, b"")
        assert got.headers["content-length"] == head.headers["content-length"] == "10"
        # Not compared of HEAD: LocalStack takes them for GET alone.
        assert got.headers["content-type"] == HEADERS.content_type
        assert got.headers["content-disposition"] == HEADERS.content_disposition
        assert got.headers["cache-control"] == HEADERS.cache_control

    async def test_where_no_bytes_are_the_store_says_so(
        self, store: BlobStore, direct: DirectAccess, send: Send
    ) -> None:
        assert (await send("GET", await direct.sign_read(new_blob_key(), "GET", HEADERS))).status == 404

    async def test_this_one_is_a_way_in(self, direct: DirectAccess) -> None:
        direct.require()

    @pytest.mark.parametrize("content", [b"", b"0123456789"])
    async def test_what_a_writer_sends_is_under_the_key_as_often_as_it_is_sent(
        self, store: BlobStore, direct: DirectAccess, content: bytes, send: Send
    ) -> None:
        key = new_blob_key()
        request = await direct.sign_write(key, size=len(content))
        assert request.headers["Content-Length"] == str(len(content))
        for body in (content, content[::-1]):
            assert (await send(request.method, request.url, body)).status == 200
            assert await read(store, key) == body

    async def test_parts_that_are_joined_are_the_bytes(
        self, store: BlobStore, direct: DirectAccess, send: Send
    ) -> None:
        key, content = new_blob_key(), payload(2 * PART + 7)
        multipart_id = await direct.begin_parts(key)
        assert await direct.list_parts(key, multipart_id) == []
        for number in (3, 1, 2, 1):
            await send_part(direct, send, key, multipart_id, number, content[(number - 1) * PART : number * PART])
        parts = await direct.list_parts(key, multipart_id)
        assert parts is not None
        assert [(part.number, part.size) for part in parts] == [(1, PART), (2, PART), (3, 7)]
        assert await is_missing(store, key)
        assert [each async for each in store.list_unfinished()] == [key]
        await direct.join_parts(key, multipart_id, parts)
        assert await read(store, key) == content
        assert [each async for each in store.list_unfinished()] == []
        # Who did not hear of it asks again.
        assert await direct.list_parts(key, multipart_id) is None
        await direct.join_parts(key, multipart_id, parts)
        assert await read(store, key) == content

    async def test_parts_that_are_too_small_or_not_as_listed_are_not_joined(
        self, store: BlobStore, direct: DirectAccess, send: Send
    ) -> None:
        key = new_blob_key()
        multipart_id = await direct.begin_parts(key)
        for number in (1, 2):
            await send_part(direct, send, key, multipart_id, number, b"small")
        parts = await direct.list_parts(key, multipart_id) or []
        with pytest.raises(IncompleteUploadError):
            await direct.join_parts(key, multipart_id, parts)
        await send_part(direct, send, key, multipart_id, 2, b"other")
        with pytest.raises(IncompleteUploadError):
            await direct.join_parts(key, multipart_id, parts)
        assert await is_missing(store, key)

    async def test_an_upload_in_parts_can_be_aborted(self, store: BlobStore, direct: DirectAccess, send: Send) -> None:
        key = new_blob_key()
        multipart_id = await direct.begin_parts(key)
        await send_part(direct, send, key, multipart_id, 1, b"part")
        parts = await direct.list_parts(key, multipart_id) or []
        await store.abort(key)
        assert await direct.list_parts(key, multipart_id) is None
        with pytest.raises(IncompleteUploadError):
            await direct.join_parts(key, multipart_id, parts)
        request = await direct.sign_part(key, multipart_id, 1, size=4)
        assert (await send(request.method, request.url, b"late")).status == 404

    @pytest.mark.parametrize("size", [0, 10, 2 * PART + 1])
    async def test_a_copy_is_of_its_own(self, store: BlobStore, direct: DirectAccess, size: int) -> None:
        source, key, content = new_blob_key(), new_blob_key(), payload(size)
        await store.put(source, stream(content), size=size)
        told = await direct.copy(source, key, size=size)
        assert told in {None, sha256(content).hexdigest()}
        await store.delete([source])
        assert await read(store, key) == content

    async def test_what_is_not_there_is_not_copied(self, store: BlobStore, direct: DirectAccess) -> None:
        key = new_blob_key()
        with pytest.raises(BlobMissingError):
            await direct.copy(new_blob_key(), key, size=10)
        assert await is_missing(store, key)
