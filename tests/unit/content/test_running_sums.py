"""Files that are stored with the sums of their bytes."""

import hashlib
import zlib
from base64 import b64encode

import pytest

from adapters.checksums import NativeChecksums
from domain.blobs.reservations import Reservations
from domain.files.attributes import Attributes, Checksum, Sums
from domain.files.content.running_sums import RunningSums
from domain.values.errors import DigestMismatchError
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.unit.content.bodies import body, make_store_file, new_file

WHOLE = b"hello, world"
CRC32 = zlib.crc32(WHOLE).to_bytes(4)


def sums(declared: bytes | None) -> RunningSums:
    return RunningSums("CRC32", NativeChecksums().begin("CRC32"), lambda: declared)


@pytest.mark.parametrize("inline_bytes", [0, 100])
@pytest.mark.parametrize("declared", [None, CRC32])
async def test_a_file_has_the_sums_that_were_asked_for(
    catalog: FakeCatalog,
    blobs: FakeBlobStore,
    reservations: Reservations,
    inline_bytes: int,
    declared: bytes | None,
) -> None:
    store = make_store_file(catalog, blobs, reservations, inline_bytes=inline_bytes)
    new = new_file(attributes=Attributes(labels={"a": "b"}))
    stored = await store(new, body(WHOLE[:5], WHOLE[5:]), sums=sums(declared))
    checksum = Checksum(algorithm="CRC32", value=b64encode(CRC32).decode())
    assert stored.file.attributes == Attributes(
        labels={"a": "b"}, sums=Sums(md5=hashlib.md5(WHOLE, usedforsecurity=False).hexdigest(), checksum=checksum)
    )
    assert stored.file.content_etag == f'"{hashlib.md5(WHOLE, usedforsecurity=False).hexdigest()}"'


@pytest.mark.parametrize("inline_bytes", [0, 100])
async def test_nothing_is_stored_of_bytes_with_another_checksum(
    catalog: FakeCatalog, blobs: FakeBlobStore, reservations: Reservations, inline_bytes: int
) -> None:
    store = make_store_file(catalog, blobs, reservations, inline_bytes=inline_bytes)
    with pytest.raises(DigestMismatchError):
        await store(new_file(), body(WHOLE), sums=sums(bytes(4)))
    assert catalog.database.files == {}
    assert blobs.stored == {}
