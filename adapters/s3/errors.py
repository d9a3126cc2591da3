"""The edge to botocore and aiohttp."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientError as ConnectionFailure
from anyio import fail_after
from botocore.exceptions import BotoCoreError, ClientError

from adapters.s3.session import body_seconds
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError

# How long S3 may take to answer a request, its tries included, beside the time that a body takes.
PATIENCE_SECONDS = 8.0

# Refusals whose status blames the request, and which blame the moment: it took too long, there were too many.
_UNAVAILABLE = frozenset({408, 429})


@contextmanager
def s3_errors() -> Iterator[None]:
    """Turn whatever goes wrong between here and the store into the port's error."""
    try:
        yield
    except ClientError as error:
        if _is_refusal(error):
            raise BlobStoreRefusedError("The blob store refuses this.") from error
        raise BlobStoreUnavailableError("The blob store refuses work.") from error
    except (BotoCoreError, ConnectionFailure, OSError) as error:
        raise BlobStoreUnavailableError("The blob store does not answer.") from error


@contextmanager
def s3_request(*, patience: float = PATIENCE_SECONDS, size: int = 0) -> Iterator[None]:
    """As `s3_errors`, for a request with a body of `size` bytes, its retries and a wait for a connection included."""
    with s3_errors(), fail_after(patience + body_seconds(size)):
        yield


@contextmanager
def pieces_may_be_gone() -> Iterator[None]:
    """Turn an upload that the store does not know any more into `BlobMissingError`."""
    try:
        yield
    except BlobStoreRefusedError as error:
        if isinstance(error.__cause__, ClientError) and is_unknown_upload(error.__cause__):
            raise BlobMissingError("The file's bytes are missing.") from error
        raise


def is_missing(error: ClientError) -> bool:
    """Return whether it is an object that the store does not have, rather than its bucket."""
    return _code(error) in {"NoSuchKey", "404"}


def lies_behind_the_end(error: ClientError) -> bool:
    """Return whether the range asked for begins behind the object's end."""
    return _code(error) == "InvalidRange"


def is_unknown_upload(error: ClientError) -> bool:
    """Return whether the store does not know the multipart upload: it was completed, or aborted."""
    return _code(error) == "NoSuchUpload"


def are_wrong_parts(error: ClientError) -> bool:
    """Return whether the parts are not there as they were named, or are too small to be joined."""
    return _code(error) in {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"}


def _is_refusal(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return 400 <= status < 500 and status not in _UNAVAILABLE


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
