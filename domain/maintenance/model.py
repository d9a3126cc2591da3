"""The findings of a comparison of catalog and blob store."""

from enum import StrEnum

import msgspec

from domain.buckets.model import Usage


class FindingKind(StrEnum):
    """A kind of finding. Part of the command's output: never changes."""

    MISSING = "missing"
    WRONG_SIZE = "wrong_size"
    CORRUPT = "corrupt"
    UNREADABLE = "unreadable"
    ORPHAN = "orphan"
    ORPHANED_WRITE = "stray_write"
    WRONG_FILE_COUNT = "wrong_file_count"
    WRONG_USAGE = "wrong_usage"
    ORPHANED_RESERVATION = "orphaned_reservation"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. `subject` is a blob's key, for `WRONG_USAGE` a bucket's name; `detail` is for people."""

    kind: FindingKind
    subject: str
    detail: str


class Miscount(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket whose usage, as `counted`, is not the `actual` sum of its files."""

    bucket: str
    counted: Usage
    actual: Usage


class OrphanedReservation(msgspec.Struct, frozen=True, kw_only=True):
    """Room that the staging blob of an upload holds in a bucket, and the upload has ended, or expired."""

    key: str
    bucket: str
    bytes: int
    files: int


class CheckCounts(msgspec.Struct, kw_only=True):
    """The numbers of rows by state, of blobs in the store, of unfinished writes, and of blobs read to their end.

    The rows include those of `inline` blobs, with `inline_bytes` in them.
    """

    live: int = 0
    staged: int = 0
    condemned: int = 0
    inline: int = 0
    inline_bytes: int = 0
    stored: int = 0
    stored_bytes: int = 0
    unfinished: int = 0
    read: int = 0
    read_bytes: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a check that could be made to its end.

    `to_condemn` counts the blobs, with `bytes_to_condemn`, that a repair would condemn: orphans, and live ones without
    a file.
    """

    findings: list[Finding]
    checked: CheckCounts
    to_condemn: int
    bytes_to_condemn: int

    def subjects(self, kind: FindingKind) -> list[str]:
        """Return the subjects of all findings of that kind."""
        return [finding.subject for finding in self.findings if finding.kind is kind]
