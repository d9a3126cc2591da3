"""Archives: many files as one, and which files are in one."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

# Of each file a reader holds a record, from the listing to the archive's end.
MAX_ARCHIVE_FILES = 10_000
MAX_CHOSEN_FILES = 1_000
# Of what the bytes of an archive are made; it changes when they do, that of no member having changed.
_FORM = b"zip 1"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A file in an archive: of its record only what the archive needs. The fields are those of `File`."""

    id: UUID
    bucket: str
    name: str
    size: int
    blob_key: str
    revision: int
    updated_at: datetime


class ByPrefix(msgspec.Struct, frozen=True):
    """The files of a bucket whose names begin with `prefix`."""

    bucket: str
    prefix: str


class ByIds(msgspec.Struct, frozen=True):
    """The files with these ids, in this order; one that stands twice counts once."""

    ids: tuple[UUID, ...]


# How callers say which files they want.
Selection = ByPrefix | ByIds


def archive_etag(members: Iterable[Member]) -> str:
    """Return the strong entity tag of the archive of these files in this order, quotes included.

    Its bytes follow from the files' revisions, so that the same ones give the same archive, byte for byte.
    """
    digest = hashlib.sha256(_FORM)
    count = 0
    for member in members:
        digest.update(b"%b%d." % (member.id.bytes, member.revision))
        count += 1
    return f'"{digest.hexdigest()[:32]}-{count}"'
