"""Everything Fileport refuses or cannot do, as values with a stable code. No HTTP here."""

from typing import ClassVar


class FileportError(Exception):
    """Root of the domain's errors.

    `code` is part of the API and never changes; `detail` is for people and is safe to show to a caller:
    it holds no driver message, key, path or secret.
    """

    code: ClassVar[str] = "error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidInputError(FileportError):
    """The caller sent something that can never be right, whatever the state of the service."""

    code = "invalid_input"


class InvalidNameError(InvalidInputError):
    """A file name breaks the rules of `domain.model.names`."""

    code = "invalid_name"


class InvalidBucketError(InvalidInputError):
    """A bucket's name or policy breaks the rules of `domain.model.buckets`."""

    code = "invalid_bucket"


class InvalidContentTypeError(InvalidInputError):
    """A content type does not follow RFC 9110, section 8.3.1."""

    code = "invalid_content_type"


class InvalidMetadataError(InvalidInputError):
    """JSON metadata is not an object, too large, too deep, or holds what no store can keep."""

    code = "invalid_metadata"


class InvalidTagsError(InvalidInputError):
    """Tags are too many, too long, or hold characters that are not allowed."""

    code = "invalid_tags"


class InvalidTimeError(InvalidInputError):
    """A time has no offset from UTC, or leaves the calendar."""

    code = "invalid_time"


class InvalidExpiryError(InvalidInputError):
    """An expiry is not in the future."""

    code = "invalid_expiry"


class InvalidSortError(InvalidInputError):
    """A sort names a field that files do not have."""

    code = "invalid_sort"


class InvalidCursorError(InvalidInputError):
    """A cursor was not made by this service, or belongs to another sort."""

    code = "invalid_cursor"


class InvalidFilterError(InvalidInputError):
    """A filter is not understood: an unknown field or operator, a value of the wrong type, too deep or wide."""

    code = "invalid_filter"


class InvalidDigestError(InvalidInputError):
    """A digest is not written as RFC 9530 or RFC 1864 has it, or not as long as its algorithm's are."""

    code = "invalid_digest"


class DigestMismatchError(InvalidInputError):
    """The body has another digest than its sender declared: it was damaged on its way, or is not what was meant."""

    code = "digest_mismatch"


class InvalidIdempotencyKeyError(InvalidInputError):
    """An idempotency key is not a string of 1 to 255 printable ASCII characters."""

    code = "invalid_idempotency_key"


class InvalidPartSizeError(InvalidInputError):
    """The size of parts is not one that the store takes, or makes too many of them."""

    code = "invalid_part_size"


class IncompleteUploadError(InvalidInputError):
    """The bytes of a direct upload are not all there, or are more than were declared. It stays open for them."""

    code = "incomplete_upload"


class InvalidUploadError(InvalidInputError):
    """What is said of a resumable upload is not understood, or contradicts itself or what was said before."""

    code = "invalid_upload"


class InvalidUploadMetadataError(InvalidInputError):
    """`Upload-Metadata` is not a list of keys, each once, with values in Base64."""

    code = "invalid_upload_metadata"


class InvalidChecksumError(InvalidInputError):
    """A checksum's algorithm is not known, or its value is not as long as the algorithm's are."""

    code = "invalid_checksum"


class InterruptedBodyError(InvalidInputError):
    """The body ended before its declared length, or the client went away while sending it."""

    code = "interrupted_body"


class BodyTimeoutError(FileportError):
    """The client sent nothing of the body for too long, or took too long to send all of it. Nothing was stored."""

    code = "request_timeout"


class NotFoundError(FileportError):
    """What the caller named does not exist."""

    code = "not_found"


class NoSuchBucketError(NotFoundError):
    """No bucket has that name."""

    code = "bucket_not_found"


class NoSuchFileError(NotFoundError):
    """No file has that id, or that name in that bucket; or it has expired."""

    code = "file_not_found"


class NoSuchJobError(NotFoundError):
    """No job has that id, or it was forgotten."""

    code = "job_not_found"


class NoSuchDirectUploadError(NotFoundError):
    """No direct upload has that id."""

    code = "direct_upload_not_found"


class DirectUploadEndedError(FileportError):
    """The direct upload has expired, was aborted, or its bytes were not what was declared. It becomes no file."""

    code = "direct_upload_ended"


class NoSuchUploadError(NotFoundError):
    """No resumable upload has that id."""

    code = "upload_not_found"


class ConflictError(FileportError):
    """The request is sound, but the state of the service is against it."""

    code = "conflict"


class NameTakenError(ConflictError):
    """Another file already has that name in that bucket."""

    code = "name_taken"


class BucketNotEmptyError(ConflictError):
    """A bucket that holds files is not deleted."""

    code = "bucket_not_empty"


class BucketProtectedError(ConflictError):
    """The bucket `default` always exists."""

    code = "bucket_protected"


class DirectUploadCompletedError(ConflictError):
    """The direct upload has become a file already."""

    code = "direct_upload_completed"


class DirectUploadConditionError(ConflictError):
    """A condition of the request that began the direct upload does not hold any more."""

    code = "direct_upload_condition_failed"


class DirectAccessUnsupportedError(ConflictError):
    """The blob store has no way in for clients: their bytes come and go through the service alone."""

    code = "direct_access_unsupported"


class IdempotencyKeyInUseError(ConflictError):
    """The first request with this idempotency key has not ended yet; try again after `retry_after` seconds."""

    code = "idempotency_key_in_use"
    retry_after = 1


class IdempotencyKeyReusedError(FileportError):
    """The idempotency key belongs to another request."""

    code = "idempotency_key_reused"


class PartialBusyError(ConflictError):
    """Another caller still adds to the same unfinished bytes."""

    code = "upload_busy"


class OffsetMismatchError(ConflictError):
    """The bytes sent do not begin where the upload's end: ask for its offset, and send those that are missing."""

    code = "offset_mismatch"


class UploadLockedError(ConflictError):
    """Another request adds to the upload, or finishes it, right now."""

    code = "upload_locked"


class UploadExpiredError(FileportError):
    """The upload was left alone for too long; its bytes were given up."""

    code = "upload_expired"


class FinalUploadError(FileportError):
    """The upload is put together from others: no bytes are added to it."""

    code = "upload_is_final"


class ChecksumMismatchError(FileportError):
    """The bytes have another checksum than their sender declared. None of them was kept."""

    code = "checksum_mismatch"


class PreconditionFailedError(FileportError):
    """A condition of the request (RFC 9110, section 13.1) is false for the file's current state."""

    code = "precondition_failed"


class RangeNotSatisfiableError(FileportError):
    """None of the byte ranges asked for lies in the file, which has `size` bytes."""

    code = "range_not_satisfiable"

    def __init__(self, detail: str, *, size: int) -> None:
        super().__init__(detail)
        self.size = size


class FileTooLargeError(FileportError):
    """The file is larger than its bucket, or this service, allows."""

    code = "file_too_large"


class UploadTooLongError(FileportError):
    """More bytes were sent than the upload's length leaves room for."""

    code = "upload_too_long"


class QuotaExceededError(FileportError):
    """The file does not fit in what is left of its bucket's quota."""

    code = "quota_exceeded"


class TypeNotAllowedError(FileportError):
    """The bucket's policy does not allow this content type."""

    code = "type_not_allowed"


class NotTextError(FileportError):
    """The file's bytes are not text in the charset that its content type names."""

    code = "not_text"


class TextTooLargeError(FileportError):
    """The file is larger than what is decoded as text."""

    code = "text_too_large"


class ArchiveTooLargeError(FileportError):
    """More files were asked for than an archive holds."""

    code = "archive_too_large"


class UnavailableError(FileportError):
    """The service cannot do this now. Nothing was acknowledged; try again after `retry_after` seconds.

    An error that knows better than its class when that is says so.
    """

    code = "unavailable"
    retry_after: int = 1

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        if retry_after is not None:
            self.retry_after = retry_after


class OverloadedError(UnavailableError):
    """As many uploads, or downloads, run as there is room for, and none ended in time."""

    code = "overloaded"
    retry_after = 2


class CatalogUnavailableError(UnavailableError):
    """The catalog does not answer."""

    code = "catalog_unavailable"
    retry_after = 2


class CatalogBusyError(UnavailableError):
    """Every connection to the catalog stayed in use for as long as a caller may wait."""

    code = "catalog_busy"


class BlobStoreUnavailableError(UnavailableError):
    """The blob store does not answer, or refuses work."""

    code = "blob_store_unavailable"
    retry_after = 2


class BlobStoreRefusedError(BlobStoreUnavailableError):
    """The blob store answers, and refuses this: it has no space, or grants no right. Other work may go on."""

    retry_after = 10


class SecretUnavailableError(UnavailableError):
    """The secret source does not answer, or does not know the secret."""

    code = "secret_unavailable"
    retry_after = 5


class OutcomeUnknownError(UnavailableError):
    """The catalog went away while a change was being committed: it may or may not have happened."""

    code = "outcome_unknown"
    retry_after = 2


class NotAttemptedError(UnavailableError):
    """An operation of a batch was not begun, because one before it met a catalog that failed."""

    code = "not_attempted"
    retry_after = 2


class LeaseLostError(UnavailableError):
    """A request took longer than its lease without renewing it; its bytes, or its idempotency key, were given up."""

    code = "lease_lost"


class BlobMissingError(FileportError):
    """A live file's bytes are not in the blob store: a broken promise, never the caller's fault."""

    code = "blob_missing"


class WrongBlobStoreError(FileportError):
    """The blob store cannot be the one that the catalog is about: none of its blobs is there."""

    code = "wrong_blob_store"


class RepairRefusedError(FileportError):
    """A repair would condemn more of the store than can be an accident's doing; nothing was done."""

    code = "repair_refused"
