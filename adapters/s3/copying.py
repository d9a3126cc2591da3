"""Copies of an object inside the store: no byte comes here."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from adapters.s3.bucket import S3Bucket
from adapters.s3.errors import is_missing
from domain.blobs.errors import BlobMissingError

# S3's own limit for a copy in one request.
LARGEST_COPY = 5 * 1024**3
# A store may take long for a copy, and longer for a large one.
COPY_SECONDS = 300
_SLOWEST_BYTES_PER_SECOND = 10 * 1024**2


async def copy_object(bucket: S3Bucket, source: str, target: str, *, size: int) -> str | None:
    """Copy the object `source` of up to `LARGEST_COPY` bytes to `target` in one request.

    Returns the SHA-256 of the copied bytes, in hex, where the store reports it. Raises `BlobMissingError`.
    """
    at_least = COPY_SECONDS + size / _SLOWEST_BYTES_PER_SECOND
    with bucket.request(at_least=at_least) as client, source_may_be_gone():
        answer = await client.copy_object(
            Bucket=bucket.name,
            Key=target,
            CopySource={"Bucket": bucket.name, "Key": source},
            ChecksumAlgorithm="SHA256",
            # Only the bytes of a signed request are taken over: a client may have sent headers that readers of the
            # object would get.
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
        )
    return _sha256_of_whole(answer["CopyObjectResult"].get("ChecksumSHA256", ""))


@contextmanager
def source_may_be_gone() -> Iterator[None]:
    """Raise `BlobMissingError` where the store does not have the object that is to be copied."""
    try:
        yield
    except ClientError as error:
        if is_missing(error):
            raise BlobMissingError("The file's bytes are missing.") from error
        raise


def _sha256_of_whole(checksum: str) -> str | None:
    # For an object that came in parts, some stores report the checksum of the parts' checksums, with their number.
    return b64decode(checksum).hex() if checksum and "-" not in checksum else None
