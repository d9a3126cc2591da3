"""The way into the blob store for clients, in memory: URLs that tests can look into and follow."""

from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from domain.model.direct_access import ReadHeaders, ReadMethod
from tests.unit.fake_clock import FakeClock


class Found(msgspec.Struct, frozen=True):
    """What the store answers to a signed request."""

    status: int
    headers: dict[str, str] = {}
    content: bytes = b""


class FakeDirectAccess:
    """Signs URLs for `life` seconds and serves them from `stored`, the bytes of a `FakeBlobStore`.

    `fail_with` makes every call raise.
    """

    def __init__(self, stored: dict[str, bytes], clock: FakeClock, *, life: int = 60) -> None:
        self._clock = clock
        self._life = life
        self.reset(stored)

    def reset(self, stored: dict[str, bytes]) -> None:
        self._stored = stored
        self.fail_with: Exception | None = None

    async def sign_read(self, key: str, method: ReadMethod, headers: ReadHeaders) -> str:
        self._reach()
        return self._sign(key, method, **msgspec.to_builtins(headers))

    def send(self, method: str, url: str) -> Found:
        """Make a request as a client does."""
        parts = urlsplit(url)
        signed = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if method != signed["method"] or datetime.fromisoformat(signed["until"]) <= self._clock.now():
            return Found(403)
        stored = self._stored.get(parts.path.removeprefix("/"))
        if stored is None:
            return Found(404)
        headers = {
            "content-type": signed["content_type"],
            "content-disposition": signed["content_disposition"],
            "cache-control": signed["cache_control"],
            "content-length": str(len(stored)),
        }
        return Found(200, headers, stored if method == "GET" else b"")

    def _sign(self, key: str, method: str, **signed: str) -> str:
        until = self._clock.in_(self._life)
        return f"https://store.test/{key}?{urlencode({'method': method, 'until': until.isoformat(), **signed})}"

    def _reach(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with
