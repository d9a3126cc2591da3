"""The way into the blob store for clients, in memory: URLs that tests can look into and follow."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import md5, sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from anyio import Event

from domain.blobs.direct_access import ReadHeaders, ReadMethod, SignedRequest, UploadedPart
from domain.blobs.errors import BlobMissingError
from domain.direct_uploads.errors import IncompleteUploadError
from domain.values.ids import new_id
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.clock import FakeClock

LEAST_PART = 5 * 1024**2


class Found(msgspec.Struct, frozen=True):
    """What the store answers to a signed request."""

    status: int
    headers: dict[str, str] = {}
    content: bytes = b""


class FakeDirectAccess:
    """Signs URLs for `life` seconds, and serves them from a `FakeBlobStore`.

    `fail_with` makes every call raise. A copy waits for `copying` where that is set; it tells no SHA-256 where it
    `knows_no_sums`.
    """

    def __init__(self, blobs: FakeBlobStore, clock: FakeClock, *, life: int = 60) -> None:
        self._blobs = blobs
        self._clock = clock
        self._life = life
        self.reset()

    def reset(self) -> None:
        self._parts: dict[str, dict[int, bytes]] = {}
        self.fail_with: Exception | None = None
        self.copying: Event | None = None
        self.copies = 0
        self.knows_no_sums = False

    def require(self) -> None:
        self._reach()

    async def sign_read(self, key: str, method: ReadMethod, headers: ReadHeaders) -> str:
        self._reach()
        return self._sign(key, method, **msgspec.to_builtins(headers))

    async def begin_parts(self, key: str) -> str:
        self._reach()
        multipart_id = new_id().hex
        self._parts[multipart_id] = {}
        self._blobs.unfinished[key] = bytearray()
        return multipart_id

    async def sign_write(self, key: str, *, size: int) -> SignedRequest:
        self._reach()
        return self._sending(self._sign(key, "PUT", size=str(size)), size)

    async def sign_part(self, key: str, multipart_id: str, number: int, *, size: int) -> SignedRequest:
        self._reach()
        return self._sending(self._sign(key, "PUT", upload=multipart_id, part=str(number), size=str(size)), size)

    async def list_parts(self, key: str, multipart_id: str) -> list[UploadedPart] | None:
        self._reach()
        if not self._is_unfinished(key, multipart_id):
            return None
        return [
            UploadedPart(number=number, size=len(part), etag=_etag(part))
            for number, part in sorted(self._parts[multipart_id].items())
        ]

    async def join_parts(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> None:
        self._reach()
        if not self._is_unfinished(key, multipart_id):
            if key not in self._blobs.stored:
                raise IncompleteUploadError("The parts are not there.")
            return
        there = self._parts[multipart_id]
        if not parts or any(_etag(there.get(part.number, b"")) != part.etag for part in parts):
            raise IncompleteUploadError("The parts are not there as they were listed.")
        if any(len(there[part.number]) < LEAST_PART for part in parts[:-1]):
            raise IncompleteUploadError("Some parts are too small to be joined.")
        self._blobs.stored[key] = b"".join(there[part.number] for part in parts)
        del self._parts[multipart_id], self._blobs.unfinished[key]

    async def copy(self, source: str, key: str, *, size: int) -> str | None:
        self._reach()
        self.copies += 1
        if self.copying is not None:
            await self.copying.wait()
        if source not in self._blobs.stored:
            raise BlobMissingError("The bytes to copy are missing.")
        self._blobs.stored[key] = self._blobs.stored[source]
        return None if self.knows_no_sums else sha256(self._blobs.stored[key]).hexdigest()

    def send(self, method: str, url: str, content: bytes = b"") -> Found:
        """Make a request as a client does."""
        parts = urlsplit(url)
        key = parts.path.removeprefix("/")
        signed = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if method != signed["method"] or datetime.fromisoformat(signed["until"]) <= self._clock.now():
            return Found(403)
        return self._take(key, signed, content) if method == "PUT" else self._give(key, method, signed)

    def _take(self, key: str, signed: dict[str, str], content: bytes) -> Found:
        if len(content) != int(signed["size"]):
            return Found(403)
        if "upload" not in signed:
            self._blobs.stored[key] = content
        elif self._is_unfinished(key, signed["upload"]):
            self._parts[signed["upload"]][int(signed["part"])] = content
        else:
            return Found(404)
        return Found(200, {"etag": _etag(content)})

    def _give(self, key: str, method: str, signed: dict[str, str]) -> Found:
        stored = self._blobs.stored.get(key)
        if stored is None:
            return Found(404)
        headers = {
            "content-type": signed["content_type"],
            "content-disposition": signed["content_disposition"],
            "cache-control": signed["cache_control"],
            "content-length": str(len(stored)),
        }
        return Found(200, headers, stored if method == "GET" else b"")

    def _is_unfinished(self, key: str, multipart_id: str) -> bool:
        return key in self._blobs.unfinished and multipart_id in self._parts

    def _sign(self, key: str, method: str, **signed: str) -> str:
        until = self._clock.in_(self._life)
        return f"https://store.test/{key}?{urlencode({'method': method, 'until': until.isoformat(), **signed})}"

    def _sending(self, url: str, size: int) -> SignedRequest:
        return SignedRequest(method="PUT", url=url, headers={"Content-Length": str(size)})

    def _reach(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with


def _etag(part: bytes) -> str:
    return f'"{md5(part, usedforsecurity=False).hexdigest()}"'
