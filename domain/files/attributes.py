"""The attributes of a file that the S3 protocol gives it, beside the metadata and the tags that all files may have."""

from typing import Literal

import msgspec

ChecksumKind = Literal["FULL_OBJECT", "COMPOSITE"]


class ContentHeaders(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The header fields that a writer gave the content, as they are sent with it. None: not given."""

    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    expires: str | None = None


class Checksum(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A checksum of the bytes, by one of the algorithms of `domain.values.checksums`, in Base64.

    A composite one is that of the checksums of the parts, with their number behind it: `…-3` (S3's User Guide,
    "Checking object integrity").
    """

    algorithm: str
    value: str
    kind: ChecksumKind = "FULL_OBJECT"


class Sums(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The MD5 of the bytes in hex or, with their number behind it, that of the MD5s of the parts: `…-3`."""

    md5: str
    checksum: Checksum | None = None


class Attributes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The header fields, the labels (S3 calls them tags) and the sums of the bytes.

    Labels are of the file, and stay when its bytes are replaced by another protocol; the others go with the bytes.
    """

    headers: ContentHeaders = ContentHeaders()
    labels: dict[str, str] = {}
    sums: Sums | None = None

    @property
    def kept(self) -> "Attributes | None":
        """Those that a file keeps when its bytes are replaced by another protocol than S3's."""
        return Attributes(labels=self.labels) if self.labels else None


NO_ATTRIBUTES = Attributes()
