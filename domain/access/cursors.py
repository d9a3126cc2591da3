"""Cursors that belong to the caller who was given them."""

import base64
import binascii

from domain.access.callers import Caller
from domain.secrets.ports import Mac
from domain.values.cursors import foreign_cursor_error


class Cursors:
    """Binds cursors to their callers: nobody else's, and none that is changed or made up, is taken.

    A cursor that was given before the service secret was rotated is taken while the previous secret is known.
    """

    def __init__(self, mac: Mac) -> None:
        self._mac = mac

    def give(self, caller: Caller, cursor: str | None) -> str | None:
        """Return the cursor as the caller gets it; None is none."""
        if cursor is None:
            return None
        code = self._mac.sign("cursors", _bound(caller, cursor))
        return f"{cursor}.{base64.urlsafe_b64encode(code).rstrip(b'=').decode()}"

    def take(self, caller: Caller, given: str | None) -> str | None:
        """Return the cursor that the caller was given; None is none. Raises `InvalidCursorError`."""
        if given is None:
            return None
        cursor, _, code = given.rpartition(".")
        try:
            decoded = base64.b64decode(code.encode() + b"=" * (-len(code) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise foreign_cursor_error() from None
        if not self._mac.verify("cursors", _bound(caller, cursor), decoded):
            raise foreign_cursor_error()
        return cursor


def _bound(caller: Caller, cursor: str) -> bytes:
    # No owner holds a line break, and so no two pairs are one text.
    return f"{caller.owner}\n{cursor}".encode("utf-8", "surrogatepass")
