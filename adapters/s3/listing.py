"""Listings of the bucket, page by page."""

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, TypeVar

from adapters.s3.errors import PATIENCE_SECONDS, s3_request
from domain.blobs.model import listing_order

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

_OURS = re.compile(r"([0-9a-f]{2})/([0-9a-f]{30}\1)")

Page = TypeVar("Page")


def object_key_of(key: str, prefix: str) -> str:
    """Return where the bytes under a blob key are."""
    # The last digits of a UUIDv7 are random: S3 scales by the beginning of its keys.
    return f"{prefix}{key[-2:]}/{key}"


def key_of(object_key: str, prefix: str) -> str | None:
    """Return the blob key that an object below `prefix` has; None where it is none of ours."""
    found = _OURS.fullmatch(object_key, len(prefix))
    return None if found is None else found[2]


async def list_objects(
    client: "S3Client", *, bucket: str, prefix: str, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[tuple[str, int]]:
    """Yield the blob keys below `prefix` and the sizes of their objects, in the order of the objects' names."""
    async for name, size in list_names(client, bucket=bucket, prefix=prefix, patience=patience):
        if key := key_of(name, prefix):
            yield key, size


async def list_names(
    client: "S3Client", *, bucket: str, prefix: str, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[tuple[str, int]]:
    """Yield the names of all objects below `prefix`, and their sizes, in order."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    async for page in _pages(pages, patience):
        for each in page.get("Contents", ()):
            yield each["Key"], each["Size"]


async def list_uploads(
    client: "S3Client", *, bucket: str, prefix: str, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[str]:
    """Yield the blob keys below `prefix` that have multipart uploads, one after another where there are several."""
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
    async for page in _pages(pages, patience):
        for each in page.get("Uploads", ()):
            if key := key_of(each["Key"], prefix):
                yield key


async def in_order(*listings: AsyncIterator[str]) -> AsyncIterator[str]:
    """Yield the blob keys of all listings, each of which is in the order of `listing_order`, in that order."""
    heads = [(key, listing) for listing in listings if (key := await anext(listing, None))]
    while heads:
        first = min(range(len(heads)), key=lambda index: listing_order(heads[index][0]))
        key, listing = heads.pop(first)
        yield key
        if following := await anext(listing, None):
            heads.append((following, listing))


async def _pages(pages: AsyncIterator[Page], patience: float) -> AsyncIterator[Page]:
    """Yield all pages, each of them a request of its own."""
    iterator = aiter(pages)
    while True:
        with s3_request(patience=patience):
            page = await anext(iterator, None)
        if page is None:
            return
        yield page
