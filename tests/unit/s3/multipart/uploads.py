"""A multipart upload, as a client makes it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Self

import msgspec

from tests.support.s3 import Answer, S3Client

MIB = 1024**2
# The least that a part may have which is not the last.
LEAST = 5 * MIB

Named = tuple[int, str]


class Upload(msgspec.Struct, frozen=True):
    """An upload to `path`, below `/s3`."""

    s3: S3Client
    path: str
    id: str

    @classmethod
    async def begin(cls, s3: S3Client, path: str = "/default/a", **headers: str) -> Self:
        """Begin an upload. An underscore in the name of a header stands for a hyphen."""
        answer = await s3.send("POST", path, "uploads=", headers=_names(headers))
        assert answer.status == 200, answer.body
        return cls(s3, path, answer.text("UploadId") or "")

    async def put(self, number: int, body: bytes, **headers: str) -> Answer:
        """Send a part."""
        query = f"partNumber={number}&uploadId={self.id}"
        return await self.s3.send("PUT", self.path, query, body=body, headers=_names(headers))

    async def add(self, number: int, body: bytes, **headers: str) -> Named:
        """Send a part that is taken, and return its number and its tag."""
        answer = await self.put(number, body, **headers)
        assert answer.status == 200, answer.body
        return number, answer.headers["etag"]

    async def copy(self, number: int, source: str, **headers: str) -> Answer:
        """Copy a part from the object `source`."""
        query = f"partNumber={number}&uploadId={self.id}"
        fields = {"x-amz-copy-source": source, **_names(headers)}
        return await self.s3.send("PUT", self.path, query, headers=fields)

    async def complete(self, *parts: Named, xml: str = "", **headers: str) -> Answer:
        """Complete the upload with these parts, or with a document."""
        body = (xml or document(parts)).encode()
        return await self.s3.send("POST", self.path, f"uploadId={self.id}", body=body, headers=_names(headers))

    async def abort(self) -> Answer:
        return await self.s3.send("DELETE", self.path, f"uploadId={self.id}")

    async def parts(self, query: str = "") -> Answer:
        """List the parts."""
        return await self.s3.send("GET", self.path, f"uploadId={self.id}{query}")

    async def content(self) -> bytes:
        """Return the bytes of the object."""
        answer = await self.s3.send("GET", self.path)
        assert answer.status == 200, answer.body
        return answer.body


def document(parts: Sequence[Named], more: Mapping[int, str] | None = None) -> str:
    """Return the document that completes an upload; `more` elements stand in the parts of these numbers."""
    rendered = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag.replace(chr(34), '&quot;')}</ETag>"
        f"{(more or {}).get(number, '')}</Part>"
        for number, etag in parts
    )
    return f"<CompleteMultipartUpload>{rendered}</CompleteMultipartUpload>"


def etag_of(*parts: bytes) -> str:
    """Return the entity tag of an object that came in these parts."""
    md5s = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in parts)
    return f'"{hashlib.md5(md5s, usedforsecurity=False).hexdigest()}-{len(parts)}"'


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
