"""What the listings of objects have in common: their parameters, their encoding, their elements."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote

from domain.files.attributes import Checksum
from domain.files.model import File
from domain.files.search.by_name import NameEntry, NameQuery
from service.s3.buckets.owner import OWNER_ELEMENT
from service.s3.errors import S3Error
from service.s3.request import S3Request
from service.s3.xml import Xml, element, format_time, text

MAX_KEYS = 1000


class Parameters(NamedTuple):
    """The parameters of a listing. `is_encoded` tells whether names in the answer are percent-encoded."""

    bucket: str
    prefix: str
    delimiter: str
    max_keys: int
    is_encoded: bool

    def query(self, after: str) -> NameQuery:
        """Return the page of the listing behind `after`."""
        return NameQuery(
            bucket=self.bucket, prefix=self.prefix, delimiter=self.delimiter, after=after, limit=self.max_keys
        )

    def name(self, tag: str, value: str) -> Xml:
        """Return the element of a name. Clients decode a plus sign as a space, so it is encoded, too."""
        # What is encoded has nothing that XML would escape.
        return Xml(f"<{tag}>{quote(value, safe='/')}</{tag}>") if self.is_encoded else text(tag, value)

    def given(self, *more: Xml) -> list[Xml]:
        """Return the elements that repeat the parameters, `more` after the prefix."""
        elements = [text("Name", self.bucket), self.name("Prefix", self.prefix), *more]
        elements.append(text("MaxKeys", self.max_keys))
        if self.delimiter:
            elements.append(self.name("Delimiter", self.delimiter))
        if self.is_encoded:
            elements.append(text("EncodingType", "url"))
        return elements

    def common_prefixes(self, entries: Iterable[NameEntry]) -> list[Xml]:
        """Return the elements of the entries that stand for several names."""
        return [element("CommonPrefixes", self.name("Prefix", each.name)) for each in entries if each.file is None]


def read_parameters(request: S3Request) -> Parameters:
    """Return the parameters of a listing. Raises `S3Error`, `InvalidArgument`."""
    encoding = request.query.get("encoding-type")
    if encoding not in {None, "", "url"}:
        raise _invalid("encoding-type", encoding or "", "Invalid Encoding Method specified in Request")
    max_keys = request.query.integer("max-keys", MAX_KEYS)
    if max_keys < 0:
        raise _invalid("max-keys", str(max_keys), "Argument max-keys must be an integer between 0 and 2147483647")
    return Parameters(
        bucket=request.bucket,
        prefix=request.query.get("prefix") or "",
        delimiter=request.query.get("delimiter") or "",
        max_keys=min(max_keys, MAX_KEYS),
        is_encoded=encoding == "url",
    )


def file_elements(file: File, *, has_owner: bool) -> Xml:
    """Return the elements of a file but for its name: written at once, for a page has a thousand of them."""
    sums = None if file.attributes is None else file.attributes.sums
    checksum = "" if sums is None or sums.checksum is None else _checksum_elements(sums.checksum)
    return Xml(
        f"<LastModified>{format_time(file.updated_at)}</LastModified><ETag>{file.content_etag}</ETag>{checksum}"
        f"<Size>{file.size}</Size><StorageClass>STANDARD</StorageClass>{OWNER_ELEMENT if has_owner else ''}"
    )


def _checksum_elements(checksum: Checksum) -> str:
    return f"<ChecksumAlgorithm>{checksum.algorithm}</ChecksumAlgorithm><ChecksumType>{checksum.kind}</ChecksumType>"


def _invalid(name: str, value: str, message: str) -> S3Error:
    return S3Error("InvalidArgument", message, {"ArgumentName": name, "ArgumentValue": value})
