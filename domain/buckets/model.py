"""Buckets: named containers of files, with a policy."""

import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from domain.buckets.cors import MAX_RULES, CorsRule, check_cors
from domain.buckets.errors import (
    FileTooLargeError,
    InvalidBucketError,
    QuotaExceededError,
    QuotaFigures,
    TypeNotAllowedError,
)
from domain.values.errors import InvalidContentTypeError
from domain.values.labels import check_labels
from domain.values.media_types import TypePattern, check_type_pattern, is_type_kept_out
from domain.values.numbers import Count

DEFAULT_BUCKET = "default"
MAX_ALLOWED_TYPES = 64
MAX_CACHE_CONTROL_LENGTH = 255
MAX_LABELS = 50
# The limits of the stores: S3's largest object (5 TiB), Postgres's integers, and a hundred years in seconds.
MAX_FILE_BYTES = 5 * 1024**4
MAX_BYTES = 2**63 - 1
MAX_FILES = 2**63 - 1
MAX_SECONDS = 100 * 366 * 86_400

_NAME = r"[a-z0-9][a-z0-9._-]{0,62}"
_FIELD_VALUE = r"[ -~]+"

# The limits describe the fields; `check_bucket_name` and `check_policy` keep them.
BucketName = Annotated[str, Meta(extra_json_schema={"pattern": f"^{_NAME}$"})]
MaxFileSize = Annotated[
    int,
    Meta(
        description="The largest file, in bytes; null: only the service's own limit holds.",
        extra_json_schema={"minimum": 0, "maximum": MAX_FILE_BYTES},
    ),
]
AllowedTypes = Annotated[
    tuple[TypePattern, ...],
    Meta(
        description="Which types may come in: `type/subtype`, by any of its names, `type/*` or `*/*`; null: all.",
        extra_json_schema={"maxItems": MAX_ALLOWED_TYPES},
    ),
]
QuotaBytes = Annotated[
    int,
    Meta(
        description="What the files may add up to, in bytes; null: no limit.",
        extra_json_schema={"minimum": 0, "maximum": MAX_BYTES},
    ),
]
QuotaFiles = Annotated[
    int,
    Meta(
        description="How many files there may be; null: no limit.",
        extra_json_schema={"minimum": 0, "maximum": MAX_FILES},
    ),
]
TimeToLive = Annotated[
    int,
    Meta(
        description="Seconds after which a new file expires; null: never.",
        extra_json_schema={"minimum": 1, "maximum": MAX_SECONDS},
    ),
]
IsPublic = Annotated[bool, Meta(description="Whether anybody may read the files by name, without a key.")]
IsListedPublicly = Annotated[
    bool, Meta(description="Whether anybody may list the files as well; without `public` it does nothing.")
]
Cors = Annotated[
    tuple[CorsRule, ...],
    Meta(
        description="The origins whose pages may use the files by name, while the bucket is `public`.",
        extra_json_schema={"maxItems": MAX_RULES},
    ),
]
CacheControl = Annotated[
    str,
    Meta(
        description="The `Cache-Control` of downloads; null: none of its own.",
        extra_json_schema={"pattern": f"^{_FIELD_VALUE}$", "minLength": 1, "maxLength": MAX_CACHE_CONTROL_LENGTH},
    ),
]


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of a bucket's files."""

    bytes: Count = 0
    files: Count = 0


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a bucket's usage, in bytes and files; negative where it shrinks."""

    bytes: int
    files: int

    @property
    def adds(self) -> bool:
        """Whether there will be more of anything."""
        return self.bytes > 0 or self.files > 0


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bucket admits and how its files behave. Sizes in bytes, times in seconds; null is no limit."""

    max_file_size: MaxFileSize | None = None
    allowed_types: AllowedTypes | None = None
    quota_bytes: QuotaBytes | None = None
    quota_files: QuotaFiles | None = None
    default_ttl: TimeToLive | None = None
    public: IsPublic = False
    public_listing: IsListedPublicly = False
    cors: Cors = ()
    cache_control: CacheControl | None = None

    @property
    def is_listed_publicly(self) -> bool:
        """Whether anybody may list the files."""
        return self.public and self.public_listing

    @property
    def public_cors(self) -> tuple[CorsRule, ...]:
        """The CORS rules that count: a private bucket shows none, for a preflight has no credentials."""
        return self.cors if self.public else ()

    def admit(self, *, content_type: str | None, size: int | None) -> None:
        """Raise `TypeNotAllowedError` or `FileTooLargeError` where this policy keeps such a file out.

        A type, or a size, of None is not known yet, and passes.
        """
        if is_type_kept_out(content_type, self.allowed_types):
            allowed = ", ".join(self.allowed_types or ()) or "no type"
            raise TypeNotAllowedError(f"The bucket allows {allowed}, not {content_type}.")
        if size is not None and self.max_file_size is not None and size > self.max_file_size:
            raise FileTooLargeError(f"The bucket allows files of at most {self.max_file_size} bytes.")

    @property
    def has_quota(self) -> bool:
        """Whether there is a limit on the sum of the bucket's files."""
        return self.quota_bytes is not None or self.quota_files is not None

    def has_room(self, used: Usage, added: Growth) -> bool:
        """Tell whether the quota admits `added` on top of the usage `used`.

        A change that adds nothing always passes, and one that replaces a file adds none to their number.
        """
        if not added.adds:
            return True
        fits_bytes = self.quota_bytes is None or used.bytes + added.bytes <= self.quota_bytes
        fits_files = self.quota_files is None or added.files <= 0 or used.files + added.files <= self.quota_files
        return fits_bytes and fits_files

    def check_quota(self, bucket: str, *, used: Usage, added: Growth) -> None:
        """Raise `QuotaExceededError` unless `has_room`; `used` includes the uploads under way into the `bucket`."""
        if not self.has_room(used, added):
            figures = QuotaFigures(
                bucket=bucket,
                quota_bytes=self.quota_bytes,
                used_bytes=used.bytes,
                quota_files=self.quota_files,
                used_files=used.files,
            )
            raise QuotaExceededError(QuotaExceededError.example, figures)


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """A named container of files."""

    name: str
    policy: Policy
    created_at: datetime
    usage: Usage = Usage()
    labels: dict[str, str] = {}


class BucketChange(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a bucket that are replaced; None: that part stays as it is."""

    cors: tuple[CorsRule, ...] | None = None
    labels: dict[str, str] | None = None


def check_bucket_name(name: str) -> str:
    """Return `name` if a bucket may have it, else raise `InvalidBucketError`."""
    if not re.fullmatch(_NAME, name):
        raise InvalidBucketError(
            "A bucket's name has 1 to 63 characters of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit."
        )
    return name


def check_change(change: BucketChange) -> BucketChange:
    """Return `change` if a bucket may have it, else raise `InvalidBucketError` or `InvalidLabelsError`."""
    check_cors(change.cors or ())
    check_labels(change.labels or {}, MAX_LABELS)
    return change


def check_policy(policy: Policy) -> Policy:
    """Return `policy` with its type patterns in lower case, or raise `InvalidBucketError` naming the field."""
    _check_range("max_file_size", policy.max_file_size, 0, MAX_FILE_BYTES)
    _check_range("quota_bytes", policy.quota_bytes, 0, MAX_BYTES)
    _check_range("quota_files", policy.quota_files, 0, MAX_FILES)
    _check_range("default_ttl", policy.default_ttl, 1, MAX_SECONDS)
    cache_control = policy.cache_control
    if cache_control is not None and (
        len(cache_control) > MAX_CACHE_CONTROL_LENGTH or not re.fullmatch(_FIELD_VALUE, cache_control)
    ):
        raise InvalidBucketError(f"cache_control has 1 to {MAX_CACHE_CONTROL_LENGTH} printable ASCII characters.")
    check_cors(policy.cors)
    if policy.allowed_types is None:
        return policy
    if len(policy.allowed_types) > MAX_ALLOWED_TYPES:
        raise InvalidBucketError(f"allowed_types has at most {MAX_ALLOWED_TYPES} patterns.")
    try:
        patterns = tuple(dict.fromkeys(map(check_type_pattern, policy.allowed_types)))
    except InvalidContentTypeError as error:
        raise InvalidBucketError(f"allowed_types: {error.detail}") from error
    return msgspec.structs.replace(policy, allowed_types=patterns)


def _check_range(field: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise InvalidBucketError(f"{field} is a whole number from {least} to {most}.")
