"""The errors of blobs."""

from domain.errors import ConflictError, FileportError, InvalidInputError, LockedError, UnavailableError


class InterruptedBodyError(InvalidInputError):
    """The body ended before its declared length, or the client went away while sending it."""

    code = "interrupted_body"
    example = "The body has 1048576 bytes, not the 31457280 declared."


class DirectAccessUnsupportedError(ConflictError):
    """The blob store has no way in for clients: their bytes come and go through the service alone."""

    code = "direct_access_unsupported"
    example = "The bytes are kept on a disk, which clients cannot reach: they come through the service alone."


class PartialBusyError(LockedError):
    """Another caller still adds to the same unfinished bytes."""

    code = "upload_busy"


class BlobStoreUnavailableError(UnavailableError):
    """The blob store does not answer, or refuses work."""

    code = "blob_store_unavailable"
    retry_after = 2


class BlobStoreRefusedError(BlobStoreUnavailableError):
    """The blob store answers, and refuses this: it has no space, or grants no right. Other work may go on."""

    retry_after = 10


class BlobMissingError(FileportError):
    """A live file's bytes are not in the blob store: a broken promise, never the caller's fault."""

    code = "blob_missing"
