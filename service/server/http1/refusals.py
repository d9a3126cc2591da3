"""The response to a request that the server refuses before the application sees it."""

import re
from collections.abc import Sequence
from http import HTTPStatus

import msgspec
import structlog

from domain.errors import OverloadedError
from service.http.connection import Fields
from service.http.headers.dates import http_date_now
from service.http.middleware.cors import AllowedOrigins
from service.http.middleware.request_log import request_id_of
from service.http.problems import MEDIA_TYPE, Problem, code_of, phrase_of
from service.http.proxies.forwarded import Network, client_address

log = structlog.get_logger()

# In the bytes that came last: the parser keeps a field back until the next one begins, and reads none behind a fault.
_UNREAD = re.compile(rb"^(origin|x-request-id|forwarded|x-forwarded-for):([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


_RETRY_AFTER = (b"retry-after", str(OverloadedError.retry_after).encode())


class RequestRefusedError(Exception):
    """The server refuses the request before the application sees it."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Refusals:
    """Renders refusals as the middleware renders responses: with a request id, and for pages of `origins`."""

    def __init__(self, *, origins: Sequence[str] = (), trusted_proxies: Sequence[Network] = ()) -> None:
        self._origins = AllowedOrigins(origins)
        # For heads that end before they tell theirs.
        self._only_origin = origins[0].encode() if len(origins) == 1 else b""
        self._trusted_proxies = trusted_proxies

    def response(self, refusal: RequestRefusedError, peer: str | None, fields: Fields, data: bytes) -> bytes:
        """Log the refusal and return the whole response to it: a problem, the last response of its connection.

        `fields` are those of the head that were parsed, `data` the bytes of it that came last.
        """
        fields = [*fields, *((match[1].lower(), match[2].strip(b" \t")) for match in _UNREAD.finditer(data))]
        origin = next((value for name, value in fields if name == b"origin"), self._only_origin)
        request_id = request_id_of(fields)
        log.info(
            "connection refused",
            request_id=request_id.decode(),
            client=client_address(peer, fields, self._trusted_proxies),
            status=refusal.status.value,
            reason=refusal.detail,
        )
        status, phrase = refusal.status, phrase_of(refusal.status)
        body = msgspec.json.encode(Problem(title=phrase, status=status, detail=refusal.detail, code=_code_of(status)))
        lines = [
            (b"date", http_date_now()),
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
            (b"x-request-id", request_id),
            *([_RETRY_AFTER] if status == HTTPStatus.SERVICE_UNAVAILABLE else []),
            *self._origins.response_fields(origin),
        ]
        head = [f"HTTP/1.1 {status.value} {phrase}".encode(), *(name + b": " + value for name, value in lines)]
        return b"\r\n".join([*head, b"", body])


def _code_of(status: HTTPStatus) -> str:
    return OverloadedError.code if status == HTTPStatus.SERVICE_UNAVAILABLE else code_of(status)
