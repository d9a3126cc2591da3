"""The secrets of keys: `fp_<access key id, 12>_<256 random bits, 43><checksum, 6>`, all in the digits of base 62.

The prefix and the checksum let scanners find secrets that have leaked, and tell them from other text. The checksum is
public, so it proves nothing else.
"""

import re
import secrets
import zlib

PREFIX = "fp_"
ID_CHARACTERS = 12
RANDOM_CHARACTERS = 43
CHECKSUM_CHARACTERS = 6
PATTERN = r"fp_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}"

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(PATTERN, re.ASCII)
_ID_FORM = re.compile(r"[0-9A-Za-z]{12}", re.ASCII)


def new_access_key_id() -> str:
    """Return the id of a new key: 71 random bits, which say nothing of other keys."""
    return "".join(secrets.choice(_DIGITS) for _ in range(ID_CHARACTERS))


def new_secret(access_key_id: str) -> str:
    """Return a fresh secret of the key."""
    random = "".join(secrets.choice(_DIGITS) for _ in range(RANDOM_CHARACTERS))  # 62 ** 43 > 2 ** 256
    return with_checksum(f"{PREFIX}{access_key_id}_{random}")


def with_checksum(body: str) -> str:
    """Return the text and behind it its CRC-32 in six digits."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return body + digits


def is_access_key_id(text: str) -> bool:
    """Return whether a key may have that access key id."""
    return _ID_FORM.fullmatch(text) is not None


def access_key_id_in(credential: str) -> str | None:
    """Return the access key id in a secret, None for any other text."""
    if not _FORM.fullmatch(credential) or with_checksum(credential[:-CHECKSUM_CHARACTERS]) != credential:
        return None
    return credential[len(PREFIX) :][:ID_CHARACTERS]
