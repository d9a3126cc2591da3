"""`Content-Disposition` (RFC 6266): whether a browser shows a file or saves it, and under which name."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

from domain.values.type_tables.aliases import canonical_type

# Types that no browser executes. HTML, SVG, XML and PDF are not among them, nor are unknown types.
_INLINE_TYPES = frozenset(
    {
        "audio/aac",
        "audio/flac",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "image/apng",
        "image/avif",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/plain",
        "video/mp4",
        "video/ogg",
        "video/quicktime",
        "video/webm",
    }
)
# RFC 8187, section 3.2.1: these are not encoded, nor are letters and digits. Python's `quote` adds `_.-~`.
_ATTRIBUTE_CHARACTERS = "!#$&+^`|"
# RFC 6266, appendix D: browsers disagree about the meaning of these in a quoted string. The other ones end a path.
_UNSAFE = re.compile(r'[^\x20-\x7e]|["\\%/:*?<>|]')
# Windows saves no file under the name of a device, whatever its extension, nor with these at its end.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]) *(?:\..*)?", re.IGNORECASE)
_LOOSE_ENDS = re.compile(r"^ +|[ .]+$")
# In bytes: the longest name that common file systems have room for.
_LONGEST = 255


@lru_cache(maxsize=256)
def is_safe_inline(content_type: str) -> bool:
    """Return whether a browser may show a file of this parsed content type itself."""
    return canonical_type(content_type.partition(";")[0]) in _INLINE_TYPES


@lru_cache(maxsize=1024)
def content_disposition(name: str, *, inline: bool) -> str:
    """Return the header's value for a file name, of which the last segment counts that is not empty.

    `filename` is for clients that know only ASCII, and is always a name that they can save. Where it is another one,
    `filename*` (RFC 8187) has the exact name, except backslashes.
    """
    # On Windows a backslash names a directory, and not every program that saves a file looks (RFC 6266, section 4.3).
    last = name.rstrip("/").rpartition("/")[2].replace("\\", "_")
    # Nothing, `.` and `..` are directories, and Windows drops more dots, and spaces: no file is saved under these.
    if not last.strip(" ."):
        last = "_"
    plain = _in_ascii(last)
    value = f'{"inline" if inline else "attachment"}; filename="{plain}"'
    # Android's downloads take no name from a header that has both.
    return value if plain == last else f"{value}; filename*=UTF-8''{quote(last, safe=_ATTRIBUTE_CHARACTERS)}"


def _in_ascii(name: str) -> str:
    # Letters lose their accents; a character without an ASCII form becomes a low line.
    letters = name
    if not name.isascii():
        letters = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    plain = _cut(_UNSAFE.sub("_", letters))
    plain = _LOOSE_ENDS.sub(lambda ends: "_" * len(ends[0]), plain) or "_"
    return f"_{plain}" if _DEVICE.fullmatch(plain) else plain


def _cut(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    end = f"{dot}{extension}" if stem and len(extension) < _LONGEST // 4 else ""
    return name[: _LONGEST - len(end)] + end
