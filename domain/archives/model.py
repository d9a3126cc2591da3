"""Archives: many files as one download."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from domain.blobs.model import Crc32
from domain.values.ranges import ByteRange

# A reader holds a record of each file until the archive's end.
MAX_ARCHIVE_FILES = 10_000
MAX_CHOSEN_FILES = 1_000
# A part of the entity tag: it changes with the form of the bytes, where the members have not changed.
_FORM = b"zip 2"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A file in an archive, with the fields of `File` that the archive needs.

    `crc32` is that of its bytes, None where it is not known yet.
    """

    id: UUID
    bucket: str
    name: str
    size: int
    blob_key: str
    revision: int
    updated_at: datetime
    crc32: Crc32 | None = None


class Extract(msgspec.Struct, frozen=True):
    """A part of a member's bytes, or with None all of them."""

    member: Member
    part: ByteRange | None = None

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.member.size if self.part is None else self.part.length


class ByPrefix(msgspec.Struct, frozen=True):
    """The files of a bucket whose names begin with `prefix` in either normal form."""

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
