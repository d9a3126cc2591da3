"""The edge to botocore and aiohttp."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from aiohttp import ClientError as ConnectionFailure
from botocore.exceptions import BotoCoreError, ClientError

from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError

# Statuses of the range of refusals that blame the moment: it took too long, there were too many requests.
_UNAVAILABLE = frozenset({408, 429})


class s3_errors:  # noqa: N801 - a context manager; as a generator it would cost each chunk of a body more
    """Turns every failure between here and the store into the port's error."""

    __slots__ = ()

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, ClientError):
            if _is_refusal(error):
                raise BlobStoreRefusedError("The blob store refuses this.") from error
            raise BlobStoreUnavailableError("The blob store refuses work.") from error
        if isinstance(error, BotoCoreError | ConnectionFailure | OSError):
            raise BlobStoreUnavailableError("The blob store does not answer.") from error


@contextmanager
def upload_may_be_gone() -> Iterator[None]:
    """Raise `BlobMissingError` for a multipart upload that the store does not know any more."""
    try:
        yield
    except BlobStoreRefusedError as error:
        if isinstance(error.__cause__, ClientError) and is_unknown_upload(error.__cause__):
            raise BlobMissingError("The file's bytes are missing.") from error
        raise


def is_missing(error: ClientError) -> bool:
    """Return whether the store does not have the object; not so where it does not have the bucket."""
    return _code(error) in {"NoSuchKey", "404"}


def is_beyond_end(error: ClientError) -> bool:
    """Return whether the range asked for begins behind the object's end."""
    return _code(error) == "InvalidRange"


def is_unknown_header(error: ClientError) -> bool:
    """Return whether the store may not know a header of the request, as Backblaze B2 and others tell it."""
    return _code(error) in {"InvalidArgument", "InvalidRequest", "NotImplemented"}


def is_unknown_upload(error: ClientError) -> bool:
    """Return whether the store does not know the multipart upload: it was completed, or aborted."""
    return _code(error) == "NoSuchUpload"


def are_wrong_parts(error: ClientError) -> bool:
    """Return whether parts are missing, differ from their ETags, or are too small to be joined."""
    return _code(error) in {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"}


def _is_refusal(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return 400 <= status < 500 and status not in _UNAVAILABLE


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
