"""`Content-Disposition` (RFC 6266): whether a browser shows a file or saves it, and under which name."""

import re
import unicodedata
from urllib.parse import quote

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
        "audio/x-flac",
        "audio/x-wav",
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


def is_safe_inline(content_type: str) -> bool:
    """Return whether a browser may show a file of this parsed content type itself."""
    return content_type.partition(";")[0] in _INLINE_TYPES


def content_disposition(name: str, *, inline: bool) -> str:
    """Return the header's value for a file name, of which the last segment counts.

    `filename` is for clients that know only ASCII, `filename*` (RFC 8187) has the exact name, except backslashes.
    """
    # On Windows a backslash names a directory, and not every program that saves a file looks (RFC 6266, section 4.3).
    last = name.rpartition("/")[2].replace("\\", "_")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{_in_ascii(last)}\"; filename*=UTF-8''{quote(last, safe=_ATTRIBUTE_CHARACTERS)}"


def _in_ascii(name: str) -> str:
    # Letters lose their accents; a character without an ASCII form becomes a low line.
    letters = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return _UNSAFE.sub("_", letters)
