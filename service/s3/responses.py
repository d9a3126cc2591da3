"""Responses: XML, headers alone, and errors."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Message, Receive, Scope, Send

from domain.errors import FileportError
from service.s3.errors import S3Error, error_of
from service.s3.xml import DECLARATION, Xml, element, text

XML_TYPE = "application/xml"


class S3Response:
    """An ASGI response of a body in memory; HEAD gets its headers alone."""

    def __init__(
        self, body: bytes = b"", status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
    ) -> None:
        self._body = body
        self._status = status
        self._headers = headers or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own
        fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in self._headers.items()]
        # That of a response to HEAD would be of the body that GET gets.
        if scope.get("method") != "HEAD" and self._status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            fields.append((b"content-length", str(len(self._body)).encode()))
        await send({"type": "http.response.start", "status": self._status, "headers": fields})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def xml_response(body: bytes, headers: Mapping[str, str] | None = None) -> S3Response:
    """Return the response of a document."""
    return S3Response(body, headers={"Content-Type": XML_TYPE, **(headers or {})})


def empty_response(status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> S3Response:
    """Return a response without a body."""
    return S3Response(b"", status, headers)


def error_response(scope: HTTPScope, error: S3Error, resource: str) -> S3Response:
    """Return the response of an error to a request for a resource: HEAD has no body to say what it is."""
    if scope["method"] == "HEAD" or error.status == HTTPStatus.NOT_MODIFIED:
        return S3Response(b"", error.status, {"Content-Type": XML_TYPE, **error.headers})
    return S3Response(
        DECLARATION + error_element(scope, error, resource).encode(),
        error.status,
        {"Content-Type": XML_TYPE, **error.headers},
    )


def error_element(scope: HTTPScope, error: S3Error, resource: str) -> Xml:
    """Return the element that says what went wrong."""
    request_id = request_id_of(scope)
    more: list[Xml] = [text(name, value) for name, value in error.elements.items()]
    return element(
        "Error",
        text("Code", error.code),
        text("Message", error.message),
        *more,
        text("Resource", resource),
        text("RequestId", request_id),
        text("HostId", request_id),
    )


def request_id_of(scope: HTTPScope) -> str:
    """Return the id of a request, which `log_requests` has given it."""
    return str(scope.get("state", {}).get("request_id", ""))


async def send_refusal(scope: HTTPScope, send: Send, error: FileportError) -> None:
    """Send an error from outside the application as the last response of its connection."""
    refusal = error_of(error)
    refusal.headers = {**refusal.headers, "Connection": "close"}
    await error_response(scope, refusal, scope["path"])(scope, _receive_nothing, send)


async def _receive_nothing() -> HTTPReceiveMessage:
    return {"type": "http.disconnect"}


def add_request_ids(app: ASGIApp) -> ASGIApp:
    """Wrap `app`: each response has the id of its request, which `log_requests` has given it, where S3 has it."""

    async def adding(scope: Scope, receive: Receive, send: Send) -> None:
        request_id = request_id_of(cast(HTTPScope, scope)).encode()
        fields = ((b"x-amz-request-id", request_id), (b"x-amz-id-2", request_id))

        async def send_with_ids(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *fields]
            await send(message)

        await app(scope, receive, send_with_ids)

    return adding
