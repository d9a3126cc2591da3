"""The files and bodies that tests store."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from adapters.type_signatures import PuremagicSignatures
from domain.blobs.reservations import Reservations
from domain.files.content.admission import Admission
from domain.files.content.detect_type import DetectType
from domain.files.content.store_file import StoreFile
from domain.files.content.store_small_file import StoreSmallFile
from domain.files.model import NewFile
from domain.files.ports import Files
from domain.quotas.reserve_room import ReserveRoom
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.support.limits import LIMITS

LEASE = 100.0


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def new_file(name: str = "a.txt", **given: object) -> NewFile:
    return NewFile(bucket="default", name=name, content_type="text/plain", **given)  # type: ignore[arg-type] # test data


def admission(catalog: FakeCatalog) -> Admission:
    """Return the admission of files of up to 1,000 bytes."""
    return Admission(catalog.buckets, catalog.files, replace(LIMITS, max_file_size=1000))


def make_store_file(
    catalog: FakeCatalog,
    blobs: FakeBlobStore,
    reservations: Reservations,
    *,
    files: Files | None = None,
    inline_bytes: int = 0,
) -> StoreFile:
    """Return the use case, with a limit of 1,000 bytes, which keeps files of up to `inline_bytes` in the catalog."""
    files = files or catalog.files
    limits = replace(LIMITS, inline_bytes=inline_bytes)
    return StoreFile(
        files,
        blobs,
        reservations,
        admission(catalog),
        detect_type(blobs),
        reserve_room=ReserveRoom(catalog.quotas),
        store_small=StoreSmallFile(files, admission(catalog), detect_type(blobs), limits),
    )


def detect_type(blobs: FakeBlobStore) -> DetectType:
    return DetectType(PuremagicSignatures(), blobs)
