"""Listings of the bucket, page by page."""

from collections.abc import AsyncIterator
from typing import TypeVar

from adapters.s3.bucket import S3Bucket
from domain.blobs.model import listing_order

Page = TypeVar("Page")


async def list_objects(bucket: S3Bucket) -> AsyncIterator[tuple[str, int]]:
    """Yield the keys of the blobs and the sizes of their objects, in the order of the objects' names."""
    async for name, size in list_names(bucket, bucket.prefix):
        if key := bucket.blob_key(name):
            yield key, size


async def list_names(bucket: S3Bucket, prefix: str) -> AsyncIterator[tuple[str, int]]:
    """Yield the names of all objects below `prefix`, and their sizes, in order."""
    listed = bucket.client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name, Prefix=prefix)
    async for page in pages(bucket, listed):
        for each in page.get("Contents", ()):
            yield each["Key"], each["Size"]


async def list_uploads(bucket: S3Bucket) -> AsyncIterator[str]:
    """Yield the keys of the blobs that have multipart uploads, a key as often as it has uploads."""
    listed = bucket.client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket.name, Prefix=bucket.prefix)
    async for page in pages(bucket, listed):
        for each in page.get("Uploads", ()):
            if key := bucket.blob_key(each["Key"]):
                yield key


async def merge(*listings: AsyncIterator[str]) -> AsyncIterator[str]:
    """Yield the blob keys of all listings, each of which is in the order of `listing_order`, in that order."""
    heads = [(key, listing) for listing in listings if (key := await anext(listing, None))]
    while heads:
        first = min(range(len(heads)), key=lambda index: listing_order(heads[index][0]))
        key, listing = heads.pop(first)
        yield key
        if following := await anext(listing, None):
            heads.append((following, listing))


async def pages(bucket: S3Bucket, listed: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """Yield all pages of a listing, each of them a request of its own."""
    iterator = aiter(listed)
    while True:
        with bucket.request():
            page = await anext(iterator, None)
        if page is None:
            return
        yield page
