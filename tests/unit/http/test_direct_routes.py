"""Hot routes beneath the framework: what a client gets, and what is recorded, is what the framework would do."""

import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace

from domain.errors import CatalogUnavailableError
from tests.fakes.blobs.store import BLOB_STORE_DOWN
from tests.support.clients import ROOT_KEY, client_of
from tests.support.fake_service import Fakes, Service, make_fakes, open_service

Headers = list[tuple[bytes, bytes]]
Messages = list[dict[str, Any]]

_ID, _NO_ID = "{id}", "01930000-0000-7000-8000-000000000009"
_NO_FILE, _ANY_TIME = UUID(_NO_ID), datetime(2026, 1, 1, tzinfo=UTC)
_BY_ID, _CONTENT = f"/v1/files/{_ID}", f"/v1/files/{_ID}/content"
_BY_NAME = "/v1/buckets/default/files/queen/a%20night/%C3%A9toile.txt"

# These have the form that most requests have, whatever their answer is.
_PLAIN = [_BY_ID, f"/v1/files/{_NO_ID}", _CONTENT, f"/v1/files/{_NO_ID}/content", _BY_NAME]
_PLAIN += ["/v1/buckets/default/files/none", "/v1/buckets/open/files/seen.txt", "/v1/buckets/none/files/none"]
_PLAIN += ["/v1/buckets/NO/files/none", "/v1/buckets/default/files/%FF", "/v1/buckets/default/files/queen%2Fnight"]
_PLAIN += ["/v1/buckets/default/files/a/../b", "/v1/buckets/default/files/%00"]
_PLAIN += ["/v1/files", "/v1/files?bucket=default", "/v1/files?bucket=none", "/v1/files?bucket=open"]
_PLAIN += ["/health/live", "/health/live?a=1"]
# So have these, whose parameters the framework reads.
_QUERIES = ["limit=1&total=true", "limit=x", "limit=0", "limit=1&limit=2", "limit=null", "tag=a&tag=b", "total=maybe"]
_QUERIES += ["unknown=1", "cursor=made-up", "sort=-size,name", "sort=none", "created_after=2026-01-01", "where=%7B"]
_QUERIES += [
    "created_after=2026-01-01T00:00:00Z&min_size=3",
    "created_after=5",
    "search=night",
    "search=.",
    "prefix=%FF",
]
_QUERIES += [
    "metadata=%7B%22a%22%3A1%7D",
    "content_type=text/*",
    "content_type=a",
    "bucket=NO",
    "name=%00",
    "a",
    "&",
    "=1",
]
# These are the framework's: forms that it takes for others, and what is not there.
_OTHER = [
    f"{_BY_ID}/",
    f"/v1//files/{_ID}",
    f"{_BY_ID}?",
    f"{_BY_ID}?a=1",
    f"{_CONTENT}?download=",
    f"/v1/files/%7B{_ID}",
]
_OTHER += [f"{_CONTENT}?redirect=true", f"{_CONTENT}?download=a&download=b", f"{_BY_NAME}/", f"{_BY_NAME}?download=%FF"]
_OTHER += ["/v1/buckets/default/files//a", "/v1/buckets/a%2Fb/files/c", "/v1/files/no-id", f"/v1/files/{_ID}/text"]
_OTHER += ["/v1/files/{ID}", "/v1/files/{ID}/content", "/v1/files/{hex}", "/v1/buckets/default/files/"]

_FIELDS: list[Headers] = [
    [],
    [(b"if-none-match", b'"{etag}"')],
    [(b"if-none-match", b"*")],
    [(b"if-none-match", b"untagged")],
    [(b"if-match", b'"other"')],
    [(b"if-match", b"untagged")],
    [(b"if-modified-since", b"Fri, 31 Dec 2100 00:00:00 GMT")],
    [(b"if-unmodified-since", b"Fri, 01 Jan 1999 00:00:00 GMT")],
    [(b"range", b"bytes=0-3")],
    [(b"range", b"bytes=0-1,3-4")],
    [(b"range", b"bytes=5000-")],
    [(b"range", b"bytes=0-3"), (b"if-range", b'"other"')],
    [(b"want-repr-digest", b"sha-256=0"), (b"want-content-digest", b"sha-256=9")],
    [(b"want-repr-digest", b"?!")],
    [(b"content-encoding", b"gzip"), (b"content-length", b"3")],
    [(b"origin", b"https://pages.example")],
    [(b"x-http-method-override", b"DELETE"), (b"x-http-method-override", b"GET")],
]
_HOSTS: list[Headers] = [[(b"host", b"a b")], [(b"host", b"[::1]:80")], [(b"host", b"under_score")], [(b"host", b"")]]
_CREDENTIALS: list[Headers] = [
    [],
    [(b"authorization", b"Basic eA==")],
    [(b"authorization", b"Bearer wrong")],
    [(b"authorization", b"Bearer {reader}")],
    [(b"authorization", b"Bearer {lister}")],
    [(b"authorization", b"Bearer {writer}")],
    [(b"authorization", b"Bearer {stranger}")],
    [(b"authorization", b"Bearer {root}"), (b"authorization", b"Bearer {root}")],
]
# With no bytes, and never stored.
_REFUSED_UPLOADS: list[Headers] = [
    [(b"content-length", b"3")],
    [(b"content-length", b"3"), (b"content-length", b"4")],
    [(b"content-length", b"0"), (b"if-none-match", b"*"), (b"if-match", b'"other"')],
    [(b"content-length", b"0"), (b"if-match", b'"other"')],
    [(b"content-length", b"0"), (b"content-range", b"bytes 0-1/2")],
    [(b"content-length", b"0"), (b"content-encoding", b"gzip")],
    [(b"content-length", b"0"), (b"content-type", b"multipart/form-data; boundary=a")],
    [(b"content-length", b"0"), (b"content-type", b"?")],
    [(b"content-length", b"0"), (b"content-digest", b"sha-256=:AAAA:")],
    [(b"content-length", b"0"), (b"idempotency-key", b"?"), (b"idempotency-key", b"!")],
]


class Pair:
    """The service with its hot routes beneath the framework, and the service without, on the same fakes."""

    def __init__(self, direct: Service, framed: Service, values: dict[str, str]) -> None:
        self._direct = direct
        self._framed = framed
        self._values = values

    async def compare(self, method: str, target: str, fields: Headers) -> Messages:
        """Return the messages that both answer with, having recorded the same."""
        answers = []
        for service in (self._direct, self._framed):
            service.catalog.database.audit.clear()
            messages = await self.ask(service, method, target, fields)
            await service.denials.flush()
            denied = [replace(each, id=_NO_FILE, at=_ANY_TIME) for each in service.catalog.database.audit]
            answers.append((messages, denied))
        assert answers[0] == answers[1]
        return answers[0][0]

    async def ask(self, service: Service, method: str, target: str, fields: Headers) -> Messages:
        """Return the messages that one of them answers with, to a request without bytes."""
        path, _, query = self._filled(target).partition("?")
        if not any(name == b"host" for name, _ in fields):
            fields = [(b"host", b"fileport.test"), *fields]
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": httpx.URL(f"http://host{path}").path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name, self._filled(value.decode()).encode()) for name, value in fields],
            "client": ("127.0.0.1", 1234),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        scope["headers"].append((b"x-request-id", b"one"))
        sent: Messages = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [each for each in message["headers"] if each[0] != b"date"]}
            sent.append(message)

        await service.app(scope, receive, send)  # type: ignore[arg-type] # plain dicts
        return sent

    def _filled(self, text: str) -> str:
        for name, value in self._values.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@pytest.fixture(scope="module")
async def pair() -> AsyncIterator[Pair]:
    fakes = make_fakes()
    async with open_service(fakes) as direct, open_service(fakes, has_direct_routes=False) as framed:
        yield Pair(direct, framed, await _filled(direct))


async def _filled(service: Service) -> dict[str, str]:
    async with client_of(service.app) as client:
        await client.put("/v1/buckets/open", json={"public": True, "cors": [{"origins": ["https://pages.example"]}]})
        await client.put("/v1/buckets/open/files/seen.txt", content=b"seen by all")
        file = (await client.put(_BY_NAME, content=b"a night at the opera")).json()
        keys = {}
        for name, actions, prefix in [
            ("reader", ["read"], None),
            ("lister", ["list"], None),
            ("writer", ["write"], None),
            ("stranger", ["read"], "elsewhere/"),
        ]:
            scope = {"actions": actions, "bucket": "default", "prefix": prefix}
            made = await client.post("/v1/keys", json={"name": name, "scopes": [scope]})
            keys[name] = made.json()["secret"]
    return {
        "id": file["id"],
        "ID": file["id"].upper(),
        "hex": file["id"].replace("-", ""),
        "etag": file["etag"].strip('"'),
        "root": ROOT_KEY,
        **keys,
    }


@pytest.fixture(autouse=True)
def same_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give all answers of several parts the same boundary."""
    monkeypatch.setattr(secrets, "token_hex", lambda size: "b" * 2 * size)


@pytest.fixture
def framework(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of all requests that the framework is given."""
    given: list[str] = []
    call = Litestar.__call__

    async def counting(self: Litestar, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            given.append(scope["path"])
        await call(self, scope, receive, send)

    monkeypatch.setattr(Litestar, "__call__", counting)
    return given


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", _PLAIN)
async def test_plain_requests_are_answered_alike(pair: Pair, method: str, target: str) -> None:
    for fields in [*_FIELDS, *_HOSTS]:
        await pair.compare(method, target, [(b"authorization", b"Bearer {root}"), *fields])
    for credentials in _CREDENTIALS:
        await pair.compare(method, target, credentials)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("target", [*_OTHER, "/v1/files/{id}/nothing", "/v1/nothing"])
async def test_other_requests_are_answered_alike(pair: Pair, method: str, target: str) -> None:
    if method != "DELETE":
        await pair.compare(method, target, [(b"authorization", b"Bearer {root}")])
    await pair.compare(method, target, [(b"authorization", b"Bearer {stranger}")])


@pytest.mark.parametrize("target", [*_QUERIES, "offset=1", "limit=1&offset=5", "redirect=true", "download=a"])
async def test_queries_are_answered_alike(pair: Pair, target: str) -> None:
    for path in ("/v1/files", _BY_ID, _CONTENT):
        await pair.compare("GET", f"{path}?{target}", [(b"authorization", b"Bearer {root}")])
        await pair.compare("HEAD", f"{path}?{target}", [(b"authorization", b"Bearer {stranger}")])


@pytest.mark.parametrize(
    "target", [_BY_ID, _CONTENT, _BY_NAME, "/v1/files", "/v1/files?limit=1", f"{_CONTENT}?download="]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_hot_reads_are_not_the_frameworks(pair: Pair, framework: list[str], method: str, target: str) -> None:
    messages = await pair.compare(method, target, [(b"authorization", b"Bearer {root}")])
    assert messages[0]["status"] == 200
    assert len(framework) == 1  # of two services


@pytest.mark.parametrize(
    "target",
    [
        _BY_NAME,
        f"{_BY_NAME}/",
        f"{_BY_NAME}?a=1",
        "/v1/buckets/none/files/a",
        "/v1/buckets/default/files/%00",
        _CONTENT,
    ],
)
async def test_refused_uploads_are_answered_alike(pair: Pair, target: str) -> None:
    for fields in _REFUSED_UPLOADS:
        [start, *_] = await pair.compare("PUT", target, [(b"authorization", b"Bearer {root}"), *fields])
        assert start["status"] >= 400
    for credentials in _CREDENTIALS:
        await pair.compare("PUT", target, [*credentials, *_REFUSED_UPLOADS[0]])


@pytest.mark.parametrize("is_known", [True, False])
async def test_uploads_are_answered_alike(framework: list[str], *, is_known: bool) -> None:
    answers = []
    for has_direct_routes in (True, False):
        async with open_service(make_fakes(), has_direct_routes=has_direct_routes) as service:
            pair = Pair(service, service, await _filled(service))
            framework.clear()
            target = _BY_NAME if is_known else "/v1/buckets/default/files/new"
            sent = await pair.ask(
                service, "PUT", target, [(b"authorization", b"Bearer {root}"), (b"content-length", b"0")]
            )
            assert len(framework) == (not has_direct_routes)
            answers.append(_without_chances(sent))
    assert answers[0] == answers[1]
    assert answers[0][0]["status"] == (200 if is_known else 201)


@pytest.mark.parametrize("target", [f"/v1/files/{_NO_ID}", f"{_BY_ID}/", f"/v1/files/{_ID}/text"])
async def test_refusals_and_all_else_are_the_frameworks(pair: Pair, framework: list[str], target: str) -> None:
    await pair.compare("GET", target, [(b"authorization", b"Bearer {root}")])
    assert len(framework) == 2


async def test_errors_before_the_first_byte_are_answered_alike() -> None:
    fakes = make_fakes()
    async with open_service(fakes) as direct, open_service(fakes, has_direct_routes=False) as framed:
        pair = Pair(direct, framed, await _filled(direct))
        for break_ in (_lose_bytes, _close_blob_store, _close_catalog):
            break_(fakes)
            for target in (_BY_ID, _CONTENT, _BY_NAME):
                await pair.compare("GET", target, [(b"authorization", b"Bearer {root}")])


def _without_chances(messages: Messages) -> Messages:
    """Return the messages without ids and times, which no two services choose alike."""
    start, body = messages
    record = json.loads(body["body"])
    record |= dict.fromkeys(("id", "etag", "created_at", "updated_at"))
    fields = [(name, name in {b"etag", b"location"} or value) for name, value in start["headers"]]
    return [{**start, "headers": fields}, {**body, "body": record}]


def _lose_bytes(fakes: Fakes) -> None:
    fakes.blobs.stored.clear()


def _close_blob_store(fakes: Fakes) -> None:
    fakes.blobs.fail_with = BLOB_STORE_DOWN


def _close_catalog(fakes: Fakes) -> None:
    fakes.catalog.database.fail_with = CatalogUnavailableError("The catalog does not answer.")
