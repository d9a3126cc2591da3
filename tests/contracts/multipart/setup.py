"""Multipart uploads and their parts in the contracts."""

from random import randbytes
from typing import Any

from domain.blobs.model import Blob, new_blob_key
from domain.multipart.model import MultipartUpload, NewMultipartUpload, NewPart, Part, PartChecksums, manifest_of
from tests.contracts.setup import LEASE, CatalogPorts, reserved
from tests.support.factories import BlobFactory, NewFileFactory


async def opened(
    catalog: CatalogPorts, *, ttl: float = LEASE, checksums: PartChecksums | None = None, **fields: Any
) -> MultipartUpload:
    """Open an upload; the fields are those of `NewFile`."""
    key = new_blob_key()
    await catalog.blob_records.reserve_blobs([key], lease=LEASE)
    new = NewMultipartUpload(
        file=NewFileFactory.build(**fields), owner="root", key=key, store_state={"upload": "x"}, checksums=checksums
    )
    return await catalog.multipart_uploads.open_upload(new, ttl=ttl)


async def begun(catalog: CatalogPorts, upload: MultipartUpload, number: int, size: int, **how: bool) -> int | None:
    """Begin a part. Without more ado there are places for parts of any size."""
    how = {"only_equal": False, "makes_room": False, **how}
    return await catalog.multipart_uploads.begin_part(upload.id, number, size, **how)


async def put(
    catalog: CatalogPorts, upload: MultipartUpload, number: int, *, size: int = 10, ttl: float = LEASE, **fields: Any
) -> Part:
    """Begin and record a part; the fields are those of `NewPart`."""
    await begun(catalog, upload, number, size)
    part = NewPart(number=number, size=size, **{"md5": randbytes(16).hex(), "receipt": "r", **fields})
    return await catalog.multipart_uploads.put_part(upload.id, part, ttl=ttl)


async def claimed(catalog: CatalogPorts, upload: MultipartUpload, *parts: Part, ttl: float = LEASE) -> str:
    """Claim the completion of the upload, and return the key that it is claimed for."""
    key = (await reserved(catalog)).key
    await catalog.multipart_uploads.claim_completion(upload.id, manifest_of(parts), parts, key, ttl=ttl)
    return key


def blob_of(upload: MultipartUpload, **fields: Any) -> Blob:
    """Return the blob that the upload becomes."""
    return BlobFactory.build(key=upload.key, **fields)
