"""Archives: many files as one download."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

# A reader holds a record of each file until the archive's end.
MAX_ARCHIVE_FILES = 10_000
MAX_CHOSEN_FILES = 1_000
# A part of the entity tag: it changes with the form of the bytes, where the members have not changed.
_FORM = b"zip 1"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A file in an archive, with the fields of `File` that the archive needs."""

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
    """The files with these ids, in this order; repeated ids count once."""

    ids: tuple[UUID, ...]


# The ways to select files.
Selection = ByPrefix | ByIds


def archive_etag(members: Iterable[Member]) -> str:
    """Return the strong entity tag of the archive of these files in this order, quotes included.

    The same revisions of the same files give the same archive, byte for byte.
    """
    digest = hashlib.sha256(_FORM)
    count = 0
    for member in members:
        digest.update(b"%b%d." % (member.id.bytes, member.revision))
        count += 1
    return f'"{digest.hexdigest()[:32]}-{count}"'
