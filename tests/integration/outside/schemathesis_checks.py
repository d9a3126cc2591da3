"""What schemathesis does not bring, which loads this file: a check by a linter of HTTP, and a media type of tus."""

from collections.abc import Iterable
from typing import Any

import schemathesis

from tests.support.lint import complaints_about

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


@schemathesis.check
def lint(_: Any, response: schemathesis.Response, __: Any) -> None:
    """Fail where the linter complains."""
    request = response.request
    told = ((name, value) for name, values in response.headers.items() for value in values)
    found = complaints_about(
        (str(request.method), str(request.url), _raw(request.headers.items())),
        (response.status_code, response.message, _raw(told), response.content),
    )
    assert not found, found


def _raw(headers: Iterable[tuple[str | bytes, str | bytes]]) -> list[tuple[bytes, bytes]]:
    return [(_bytes(name), _bytes(value)) for name, value in headers]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
