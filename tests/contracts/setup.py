"""The catalog in the contracts of its ports, and its state before a test.

A suite of contracts asks for two fixtures: `grace`, in seconds, which is 0 where a test does not say otherwise, and
`catalog`, whose ports share a database with the bucket `default` and nothing else, and which has that grace.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
from msgspec.structs import replace

from domain.archives.ports import Archives
from domain.audit.ports import Audit
from domain.batches.ports import Batches
from domain.blobs.model import Blob, BlobClaim, inline_key, new_blob_key
from domain.blobs.ports import BlobRecords
from domain.buckets.model import Usage
from domain.buckets.ports import Buckets
from domain.direct_uploads.ports import DirectUploads
from domain.files.errors import NoSuchFileError
from domain.files.model import File
from domain.files.ports import Files
from domain.files.search.ports import FileSearch
from domain.idempotency.ports import IdempotencyKeys
from domain.jobs.ports import Jobs
from domain.keys.ports import KeyRecords, Keys
from domain.links.ports import Links
from domain.maintenance.ports import CatalogHealth, CatalogIntegrity
from domain.multipart.ports import MultipartUploads
from domain.quotas.ports import Quotas
from domain.uploads.ports import UploadLocks, Uploads
from tests.support.factories import BlobFactory, NewFileFactory

LEASE = 60.0
GRACE = 3600.0
PAST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


class CatalogPorts(Protocol):
    """The ports of one catalog."""

    @property
    def archives(self) -> Archives: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def batches(self) -> Batches: ...
    @property
    def blob_records(self) -> BlobRecords: ...
    @property
    def buckets(self) -> Buckets: ...
    @property
    def direct_uploads(self) -> DirectUploads: ...
    @property
    def files(self) -> Files: ...
    @property
    def health(self) -> CatalogHealth: ...
    @property
    def idempotency_keys(self) -> IdempotencyKeys: ...
    @property
    def integrity(self) -> CatalogIntegrity: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def links(self) -> Links: ...
    @property
    def key_records(self) -> KeyRecords: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def multipart_uploads(self) -> MultipartUploads: ...
    @property
    def quotas(self) -> Quotas: ...
    @property
    def search(self) -> FileSearch: ...
    @property
    def upload_locks(self) -> UploadLocks: ...
    @property
    def uploads(self) -> Uploads: ...


# Whether the blobs of files that are stored are inline ones: see `TestCommittingInlineFiles`.
keeps_inline = False

with_grace = pytest.mark.parametrize("grace", [GRACE])


async def reserve(catalog: CatalogPorts, blob: Blob) -> Blob:
    """Reserve the blob's key, as an upload does before it stores the bytes."""
    await catalog.blob_records.reserve_blobs([blob.key], lease=LEASE)
    return blob


async def reserved(catalog: CatalogPorts, **fields: Any) -> Blob:
    """Return a blob that may become a file: its key is reserved, or it is inline."""
    if keeps_inline:
        return inlined(**fields)
    return await reserve(catalog, BlobFactory.build(**fields))


def inlined(content: bytes = b"inline", **fields: Any) -> Blob:
    """Return an inline blob. `content` need not be of the size that the `fields` name."""
    return BlobFactory.build(key=inline_key(new_blob_key()), content=content, **fields)


async def stored(catalog: CatalogPorts, *, blob: Blob | None = None, **fields: Any) -> File:
    """Store a file; the fields are those of `NewFile`, but `size` is the blob's."""
    size = {"size": fields.pop("size")} if "size" in fields else {}
    blob = blob or await reserved(catalog, **size)
    return (await catalog.files.commit_file(NewFileFactory.build(**fields), blob)).file


@asynccontextmanager
async def expiring(catalog: CatalogPorts, bucket: str = "default") -> AsyncIterator[None]:
    """What is stored in the bucket or copied into it meanwhile has expired at once, and no reaper has seen it."""
    policy = (await catalog.buckets.get_bucket(bucket)).policy
    await catalog.buckets.put_bucket(bucket, replace(policy, default_ttl=0))
    yield
    await catalog.buckets.put_bucket(bucket, policy)


async def expired(catalog: CatalogPorts, **fields: Any) -> File:
    """Store a file that has expired since, and that no reaper has seen."""
    async with expiring(catalog, fields.get("bucket", "default")):
        return await stored(catalog, **fields)


async def changed(catalog: CatalogPorts, file: File, **changes: Any) -> File:
    """Change a file that nobody else changes."""
    result = await catalog.files.change_file(replace(file, **changes))
    assert result is not None
    return result


async def exists(catalog: CatalogPorts, file: File) -> bool:
    """Tell whether the file is found by its id."""
    try:
        await catalog.files.get_file(file.id)
    except NoSuchFileError:
        return False
    return True


async def usage(catalog: CatalogPorts, bucket: str = "default") -> Usage:
    """Return what the bucket uses."""
    return (await catalog.buckets.get_bucket(bucket)).usage


async def condemned(catalog: CatalogPorts) -> list[str]:
    """Return the keys of all condemned blobs."""
    records = await catalog.integrity.list_blob_records(after=None, limit=1000)
    inline = await catalog.integrity.list_inline_records(after=None, limit=1000, hashed=False)
    return [each.key for each in (*records, *(each.record for each in inline)) if each.state == "condemned"]


async def claims(catalog: CatalogPorts) -> dict[str, BlobClaim]:
    """Claim every condemned blob whose grace is over, by key. They can be claimed again at once."""
    return {claim.key: claim for claim in await catalog.blob_records.claim_condemned(limit=1000, lease=0)}
