"""Responses in JSON that need nothing of the framework."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from litestar.types import Receive, Scope, Send


class JsonResponse:
    """An ASGI response with a value in JSON."""

    def __init__(self, value: object, headers: Mapping[str, str], *, status: int = HTTPStatus.OK) -> None:
        self._value = value
        self._headers = headers
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own
        body = msgspec.json.encode(self._value)
        fields = [(name.encode(), value.encode("latin-1")) for name, value in self._headers.items()]
        fields += (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": self._status, "headers": fields})
        is_head = scope.get("method") == "HEAD"
        await send({"type": "http.response.body", "body": b"" if is_head else body, "more_body": False})
