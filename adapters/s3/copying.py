"""A copy of one object inside the store: no byte comes here."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.s3.errors import is_missing, s3_request
from domain.blobs.errors import BlobMissingError

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

# S3's own limit for a copy in one request.
LARGEST_COPY = 5 * 1024**3
# A store may think long about a copy, and longer about a large one.
COPY_SECONDS = 300
_SLOWEST_BYTES_PER_SECOND = 10 * 1024**2


async def copy_object(
    client: "S3Client", *, bucket: str, source: str, target: str, size: int, patience: float
) -> str | None:
    """Copy an object of up to `LARGEST_COPY` bytes in one request.

    Returns the SHA-256 of what was copied, in hex, where the store says it. Raises `BlobMissingError`.
    """
    with s3_request(patience=max(patience, COPY_SECONDS + size / _SLOWEST_BYTES_PER_SECOND)), source_may_be_gone():
        answer = await client.copy_object(
            Bucket=bucket,
            Key=target,
            CopySource={"Bucket": bucket, "Key": source},
            ChecksumAlgorithm="SHA256",
            # Of what came by a signed request nothing but the bytes is taken over: a client may have sent headers
            # that readers of the object would get.
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
        )
    return _sha256_of_whole(answer["CopyObjectResult"].get("ChecksumSHA256", ""))


@contextmanager
def source_may_be_gone() -> Iterator[None]:
    """Turn an object to copy that the store does not have into `BlobMissingError`."""
    try:
        yield
    except ClientError as error:
        if is_missing(error):
            raise BlobMissingError("The file's bytes are missing.") from error
        raise


def _sha256_of_whole(checksum: str) -> str | None:
    # Of an object that came in parts, some stores tell the checksum of the parts' checksums, with their number.
    return b64decode(checksum).hex() if checksum and "-" not in checksum else None
