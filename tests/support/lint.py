"""A linter of HTTP over the answers that tests get."""

import hashlib
import re
import time
from collections.abc import Collection
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urlsplit

import httpx
from httplint import HttpRequestLinter, HttpResponseLinter
from httplint.note import Note, levels

MEANT = {
    "STATUS_BAD_REQUEST",  # the request is wrong on purpose
    "PARTIAL_WITHOUT_RANGE",  # which RFC 9110, section 15.3.7.2, forbids in an answer of several parts
    "STORE_PUBLIC_UNNECESSARY",  # which it is not where requests bear a key (RFC 9111, section 3.5)
    "CONTENT_TYPE_MISMATCH",  # the bytes are not what the test has stored them as
    "CHARSET_UNKNOWN",  # nor is every type that a test stores
}
# What tus 1.0.0 has uploads answer: 460 to a wrong checksum, 412 to another version of its own.
MEANT_BY_TUS = {"STATUS_NONSTANDARD", "STATUS_412_WITHOUT_PRECONDITION"}
# By an upload link nobody reads, so what it stores has no location.
MEANT_BY_LINKS = {"CREATED_WITHOUT_LOCATION"}

Headers = Collection[tuple[bytes, bytes]]

_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The shapes of answers that the linter has found sound.
_sound: set[bytes] = set()


def complaints(answer: httpx.Response) -> list[str]:
    """Return what the linter finds bad or doubtful in the answer to its request."""
    request = answer.request
    return complaints_about(
        (request.method, str(request.url), request.headers.raw),
        (answer.status_code, answer.reason_phrase, answer.headers.raw, answer.content),
    )


def complaints_about(request: tuple[str, str, Headers], answer: tuple[int, str, Headers, bytes]) -> list[str]:
    """Return what the linter finds bad or doubtful in the answer: its status, phrase, headers and body.

    The request is its method, URL and headers. Answers of one shape are looked at until one of them is sound.
    """
    shape = _shape_of(request, answer)
    found = [] if shape in _sound else _find(request, answer)
    if not found:
        _sound.add(shape)
    return found


def _find(request: tuple[str, str, Headers], answer: tuple[int, str, Headers, bytes]) -> list[str]:
    method, url, asked = request
    status, phrase, told, body = answer
    asking = _linted_request(method, url, tuple(asked))
    response = HttpResponseLinter(start_time=time.time(), _related=asking, no_content=method == "HEAD")
    response.process_response_topline(b"1.1", str(status).encode(), phrase.encode())
    response.process_headers([*told])
    response.feed_content(body)
    response.finish_content(True)
    found: list[Note] = [note for note in response.notes if note.level in {levels.BAD, levels.WARN}]
    path = urlsplit(url).path
    is_tus = path.startswith("/v1/uploads") or "/uploads" in path.partition("/s/")[2]
    meant = MEANT | (MEANT_BY_TUS if is_tus else MEANT_BY_LINKS if path.startswith("/s/") else set())
    return [f"{type(note).__name__}: {note.summary}" for note in found if type(note).__name__ not in meant]


def _shape_of(request: tuple[str, str, Headers], answer: tuple[int, str, Headers, bytes]) -> bytes:
    """Return a digest of what the linter's findings depend on: no ids, times and lengths, and no text of JSON."""
    method, url, asked = request
    status, phrase, told, body = answer
    fields = {name.lower(): value for name, value in told}
    is_json = fields.get(b"content-type", b"").endswith(b"json")
    date, modified = (_time_of(fields.get(name)) for name in (b"date", b"last-modified"))
    volatile = {b"date", b"x-request-id", b"content-length"}
    shape = (
        method,
        urlsplit(url).path.startswith("/v1/uploads"),
        [name.lower() for name, _ in asked],
        status,
        phrase,
        [(name, _ID.sub(b"", value)) for name, value in told if name.lower() not in volatile],
        date is not None and abs(date.timestamp() - time.time()) < 60,
        date is not None and modified is not None and modified <= date,
        b"content-length" in fields and (method == "HEAD" or int(fields[b"content-length"]) - len(body)),
        None if is_json else hashlib.sha256(body).digest(),
    )
    return hashlib.sha256(repr(shape).encode()).digest()


def _time_of(value: bytes | None) -> datetime | None:
    return None if value is None else parsedate_to_datetime(value.decode())


# Most tests send the same few requests.
@lru_cache(maxsize=1000)
def _linted_request(method: str, url: str, headers: tuple[tuple[bytes, bytes], ...]) -> HttpRequestLinter:
    request = HttpRequestLinter(start_time=time.time())
    request.process_request_topline(method.encode(), url.encode(), b"1.1")
    request.process_headers([*headers])
    request.finish_content(True)
    return request
