"""Blobs as objects in S3, or in a store that speaks its protocol."""

from adapters import aws_imports  # noqa: F401 - before any other
from adapters.s3.blob_store import S3BlobStore
from adapters.s3.bucket import S3Bucket
from adapters.s3.client import S3Connection, connect_s3
from adapters.s3.copying import COPY_SECONDS
from adapters.s3.direct_access import S3DirectAccess
from adapters.s3.part_blobs import S3PartBlobs
from adapters.s3.partials import S3PartialBlobs

__all__ = [
    "COPY_SECONDS",
    "S3BlobStore",
    "S3Bucket",
    "S3Connection",
    "S3DirectAccess",
    "S3PartBlobs",
    "S3PartialBlobs",
    "connect_s3",
]
