"""Identifiers that sort by the time of their creation."""

import secrets
import time
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_MASK = (0xFFF << 64) | ((1 << 62) - 1)


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, 74 random bits."""
    return UUID(int=_number(int.from_bytes(secrets.token_bytes(10))))


def id_text(random: int) -> str:
    """Return a fresh UUIDv7 as text, of 80 `random` bits: for those who need so many that an object is too much."""
    digits = f"{_number(random):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _number(random: int) -> int:
    milliseconds = time.time_ns() // 1_000_000
    return (milliseconds << 80) | _VERSION_7 | _VARIANT | (random & _RANDOM_MASK)
