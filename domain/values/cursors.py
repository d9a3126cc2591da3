"""Cursors: positions in listings as texts that are opaque and fit for a URL."""

import base64
import binascii
from typing import TypeVar

import msgspec

from domain.values.errors import InvalidCursorError

T = TypeVar("T")


def encode_position(position: object) -> str:
    """Return the cursor of a position, which is any value that JSON can represent."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def decode_position(cursor: str, type_: type[T]) -> T:
    """Return the position that `cursor` stands for. Raises `InvalidCursorError` where it is malformed."""
    try:
        document = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(document, type=type_)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise foreign_cursor_error() from error


def foreign_cursor_error() -> InvalidCursorError:
    """Return the error for a cursor that this service did not make."""
    return InvalidCursorError("The cursor was not made by this service.")
