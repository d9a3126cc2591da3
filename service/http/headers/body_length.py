"""The framing of a request's body (RFC 9112, section 6)."""

from http import HTTPStatus

from litestar.datastructures import Headers
from litestar.exceptions import HTTPException

from domain.errors import InvalidInputError


def parse_body_length(headers: Headers) -> int | None:
    """Return the body's `Content-Length`, None for a chunked body.

    Raises `InvalidInputError`, and `HTTPException`, 411, where both fields are missing: a client that forgets to frame
    its body must not replace a file by nothing (RFC 9110, section 15.5.12; RFC 9112, section 6.3).
    """
    value = headers.get("content-length")
    if value is None:
        if "transfer-encoding" not in headers:
            raise HTTPException(
                status_code=HTTPStatus.LENGTH_REQUIRED,
                detail="The body has neither a Content-Length, which may be 0, nor a Transfer-Encoding.",
            )
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 19:
        raise InvalidInputError("Content-Length is not a whole number of bytes.")
    return int(value)
