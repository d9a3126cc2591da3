"""The root of the domain's errors, and their kinds, which decide how a caller is answered. No HTTP here.

An error of a concept derives from its kind, in the concept's own `errors`.
"""

from typing import Annotated, ClassVar, NamedTuple

from msgspec import Meta

ErrorCode = Annotated[str, Meta(description="Stable; for programs.", extra_json_schema={"pattern": "^[a-z_]+$"})]


class DeniedAccess(NamedTuple):
    """What a caller was denied, as far as it is known: an action, and the bucket and the name that it was on."""

    action: str | None = None
    bucket: str | None = None
    name: str | None = None


class FileportError(Exception):
    """Root of the domain's errors.

    `code` is part of the API and never changes; `detail` is for people and is safe to show to a caller:
    it holds no driver message, key, path or secret. `example` is a detail to document the error with; where a class
    has none of its own, the first line of its docstring is one. `denied` is set where the error stands for a denial,
    for the audit alone: the error of a thing that is hidden tells no more than that of a thing that is missing.
    """

    code: ClassVar[str] = "error"
    example: ClassVar[str]
    _by_code: ClassVar[dict[str, type["FileportError"]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" in vars(cls):
            cls._by_code[cls.code] = cls

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.denied: DeniedAccess | None = None

    @classmethod
    def with_code(cls, code: str) -> type["FileportError"]:
        """Return the class of the errors with that code. A class that inherits its code is not found by it."""
        return cls._by_code[code]


class InvalidInputError(FileportError):
    """The request is invalid, and will be in every state of the service."""

    code = "invalid_input"
    example = "The body: `quota_bytes` must be a whole number or null, not a string: send it without quotes."


class BodyTimeoutError(FileportError):
    """The client sent nothing of the body for too long, or took too long to send all of it. Nothing was stored."""

    code = "request_timeout"
    example = "The body did not come in time."


class NotFoundError(FileportError):
    """The resource that the caller named does not exist."""

    code = "not_found"


class ConflictError(FileportError):
    """The request is sound, but the state of the service is against it."""

    code = "conflict"


class GoneError(FileportError):
    """The resource that the caller named existed once, and does not come back."""

    code = "gone"


class TooLargeError(FileportError):
    """The request needs more bytes, or more files, than a limit allows."""

    code = "too_large"


class InsufficientStorageError(FileportError):
    """The request is sound, but there is no room for what it would store."""

    code = "insufficient_storage"


class LockedError(FileportError):
    """Another request holds the resource; this one may succeed later."""

    code = "locked"


class UnsupportedError(FileportError):
    """The content is of a type that is not supported here."""

    code = "unsupported"


class ForbiddenError(FileportError):
    """The request is understood, and never allowed on this resource."""

    code = "forbidden"


class PreconditionFailedError(FileportError):
    """A condition of the request (RFC 9110, section 13.1) is false for the file's current state."""

    code = "precondition_failed"


class NothingToMatchError(PreconditionFailedError):
    """A condition wants a file in some state, and there is no file at all."""


class TooManyRequestsError(FileportError):
    """The caller, or the address, asks too often. Nothing was done; try again after `retry_after` seconds."""

    code = "too_many_requests"

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


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
    example = "Too many uploads run at once."
    retry_after = 2


class CatalogUnavailableError(UnavailableError):
    """The catalog does not answer."""

    code = "catalog_unavailable"
    retry_after = 2


class CatalogBusyError(UnavailableError):
    """Every connection to the catalog stayed in use for as long as a caller may wait."""

    code = "catalog_busy"


class QueryTooExpensiveError(UnavailableError):
    """The catalog would have to look at too many files, or entries, for this request; it was stopped amid that."""

    code = "query_too_expensive"
    example = (
        "The search takes too long among so many: filter by bucket, prefix, tag or metadata, sort by another field, or "
        "leave out total."
    )
    retry_after = 10


class OutcomeUnknownError(UnavailableError):
    """The catalog went away while a change was being committed: it may or may not have happened."""

    code = "outcome_unknown"
    retry_after = 2


class LeaseLostError(UnavailableError):
    """A request took longer than its lease without renewing it; its bytes, or its idempotency key, were given up."""

    code = "lease_lost"
