"""`Cache-Control` (RFC 9111, section 5.2) of answers that are for their reader alone."""

import re
from functools import lru_cache

from service.http.headers.guards import PRIVATE

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_DIRECTIVE = re.compile(rf'({_TOKEN})(?:=(?:{_TOKEN}|"(?:[^"\\]|\\.)*"))?(?:[ \t]*,[ \t,]*|$)')
# They let shared caches keep an answer: `private` with fields, too, nearly all of it (section 5.2.2.7).
_SHARING = frozenset({"public", "private", "s-maxage", "proxy-revalidate"})


@lru_cache(maxsize=256)
def private_form(value: str) -> str:
    """Return a `Cache-Control` that says the same to the reader's own cache, and has no shared cache keep the answer.

    It is `PRIVATE` where the value is not a list of directives.
    """
    kept, rest = ["private"], value.strip(" \t,")
    if not rest:
        return PRIVATE
    while rest:
        directive = _DIRECTIVE.match(rest)
        if directive is None:
            return PRIVATE
        if directive[1].lower() not in _SHARING:
            kept.append(directive[0].rstrip(" \t,"))
        rest = rest[directive.end() :]
    return ", ".join(kept)
