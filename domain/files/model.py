"""Files: the metadata records that callers see."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from domain.buckets.model import MAX_FILE_BYTES, BucketName
from domain.files.attributes import Attributes
from domain.files.metadata import JsonObject
from domain.files.name_forms import forms_of
from domain.files.names import PathName
from domain.files.terms import NO_TERMS, Terms
from domain.values.digests import Digest
from domain.values.preconditions import NO_PRECONDITION, Precondition

Size = Annotated[int, msgspec.Meta(description="Bytes.", extra_json_schema={"minimum": 0, "maximum": MAX_FILE_BYTES})]
Sha256 = Annotated[
    str,
    msgspec.Meta(
        description="The SHA-256 of the bytes, in lower-case hex.", extra_json_schema={"pattern": "^[0-9a-f]{64}$"}
    ),
]
ETag = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": r'^"[0-9a-f]{32}-[1-9][0-9]*"$'})]
Expiry = Annotated[
    datetime,
    msgspec.Meta(
        description="From then on the file is as good as deleted; null: never.",
        extra_json_schema={"format": "date-time"},
    ),
]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `size` in bytes, `sha256` in lower-case hex; `blob_key` names the bytes and is never shown.

    `revision` begins at 1 and grows with every change of the record or its bytes. `keeps_expiry` says that a caller
    has set `expires_at`, to null or to a time: storing the file again then keeps it.
    """

    id: UUID
    bucket: str
    name: str
    content_type: str
    size: int
    sha256: str
    blob_key: str
    metadata: JsonObject
    tags: tuple[str, ...]
    revision: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    keeps_expiry: bool = False
    attributes: Attributes | None = None

    @property
    def etag(self) -> str:
        """The strong entity tag (RFC 9110, section 8.8.3), quotes included: one for each revision of each file."""
        return f'"{self.id.hex}-{self.revision}"'

    @property
    def content_etag(self) -> str:
        """The entity tag of the S3 protocol, quotes included: one for all files with the same bytes.

        The MD5 of bytes that came by that protocol. Of others it is made of the SHA-256, with a hyphen: readers take no
        tag with one for an MD5.
        """
        sums = None if self.attributes is None else self.attributes.sums
        return f'"{self.sha256[:32]}-1"' if sums is None else f'"{sums.md5}"'


class NewFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to store. None for metadata or tags keeps those of the file that is replaced, None for attributes `kept`.

    `size` and `digests` are the length and the digests that the caller declared of the bytes, if any. The `terms` are
    those of the link that the file comes by.
    """

    bucket: str
    name: str
    content_type: str
    metadata: JsonObject | None = None
    tags: tuple[str, ...] | None = None
    attributes: Attributes | None = None
    size: int | None = None
    digests: tuple[Digest, ...] = ()
    precondition: Precondition = NO_PRECONDITION
    terms: Terms = NO_TERMS


def named(new: NewFile, name: str | None) -> NewFile:
    """Return the file under another name, which must be free; as it is where the name is None."""
    if name is None:
        return new
    return msgspec.structs.replace(new, name=name, precondition=Precondition(if_none_match=()))


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose bytes are durable. `created` is False where it replaced the bytes of a file with that name."""

    file: File
    created: bool


class Location(msgspec.Struct, frozen=True):
    """The bucket and the name of a file, which is looked for in its other form too unless it `is_exact`."""

    bucket: str
    name: str
    is_exact: bool = False

    @property
    def forms(self) -> tuple[str, ...]:
        """The names to look for, the preferred one first."""
        return (self.name,) if self.is_exact else forms_of(self.name)


# The ways to name a file: by id, or by bucket and name.
Address = UUID | Location


class Destination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a file or its copy goes; what is left out, or null, is as it is in the original."""

    bucket: BucketName | None = None
    name: PathName | None = None
