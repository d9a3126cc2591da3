"""`Authorization: Basic` (RFC 7617)."""

import binascii
from base64 import b64decode

_SCHEME = "basic "


def basic_password(value: str) -> str | None:
    """Return the password in the field, None where it has none; the user name, which ends before a colon, is left out.

    It is UTF-8, as the charset of our challenge asks for (section 2.1).
    """
    if not value.lower().startswith(_SCHEME):
        return None
    try:
        user, colon, password = b64decode(value[len(_SCHEME) :].strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return password if colon else user
