"""The CORS rules of a bucket (the Fetch standard), in the form of S3's: origins whose pages may use its files."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from domain.buckets.errors import InvalidBucketError

ANY = "*"
MAX_RULES = 100
MAX_ENTRIES = 100
MAX_ENTRY_LENGTH = 255
# Of all rules of a bucket together, for they are read with its policy.
MAX_CHARACTERS = 16_384
MAX_AGE_SECONDS = 86_400

CorsMethod = Literal["GET", "HEAD", "PUT", "POST", "DELETE"]

# As browsers send it: a scheme, a host, and perhaps a port, in lower case.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
# A '*' never ends the name of a host: `https://app.example*` would take `https://app.example.evil.example` in.
_ORIGIN_PATTERN = re.compile(
    r"[a-z][a-z0-9+.-]*\*?://(?:\*|[a-z0-9._-]*\*?[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?:[0-9]{1,5}|\*))?"
    r"|\*[a-z0-9._-]*[a-z0-9](?::[0-9]{1,5})?|\*"
)
_ID = re.compile(r"[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]{0,255}")
_HEADER = re.compile(r"[!#$%&'+.^_`|~0-9a-z-]+")
_HEADER_PATTERN = re.compile(r"[!#$%&'+.^_`|~0-9a-z*-]+")

_Entry = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": MAX_ENTRY_LENGTH})]
_LIST = {"maxItems": MAX_ENTRIES}
_MaxAge = Annotated[
    int,
    Meta(
        description="Seconds for which a browser may keep the answer to a preflight; null: as it likes.",
        extra_json_schema={"minimum": 0, "maximum": MAX_AGE_SECONDS},
    ),
]


class CorsRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Origins, and what their pages may send and read. The first rule of a bucket that allows a request counts."""

    allowed_origins: Annotated[
        tuple[_Entry, ...],
        Meta(
            description="Origins such as `https://app.example`, with at most one `*` in each; `*` alone: any.",
            extra_json_schema={**_LIST, "minItems": 1},
        ),
    ]
    allowed_methods: Annotated[tuple[CorsMethod, ...], Meta(extra_json_schema={"minItems": 1, "uniqueItems": True})]
    allowed_headers: Annotated[
        tuple[_Entry, ...],
        Meta(description="Request headers, with at most one `*` in each; `*` alone: any.", extra_json_schema=_LIST),
    ] = ()
    exposed_headers: Annotated[
        tuple[_Entry, ...], Meta(description="Response headers that pages may read.", extra_json_schema=_LIST)
    ] = ()
    max_age: _MaxAge | None = None
    id: Annotated[
        str | None,
        Meta(description="A name for people, of any text.", extra_json_schema={"maxLength": MAX_ENTRY_LENGTH}),
    ] = None

    @property
    def is_for_any(self) -> bool:
        """Whether pages of any origin are allowed, those without one (`null`) included."""
        return ANY in self.allowed_origins

    def allows(self, origin: str, method: str, headers: Iterable[str] = ()) -> bool:
        """Return whether a page of `origin` may send `method` with `headers`, whose names are in lower case."""
        return (
            method in self.allowed_methods
            and (self.is_for_any or _is_one_of(origin, self.allowed_origins, _ORIGIN))
            and all(_is_one_of(header, self.allowed_headers, _HEADER) for header in headers)
        )


def find_rule(rules: Sequence[CorsRule], origin: str, method: str, headers: Sequence[str] = ()) -> CorsRule | None:
    """Return the first rule that allows the request of a page, None where none does."""
    return next((each for each in rules if each.allows(origin, method, headers)), None)


def check_cors(rules: Sequence[CorsRule]) -> None:
    """Return if a bucket may have the rules, else raise `InvalidBucketError`, which names the field."""
    if len(rules) > MAX_RULES:
        raise InvalidBucketError(f"cors has at most {MAX_RULES} rules.")
    for rule in rules:
        _check(rule)
    if sum(len(entry) for rule in rules for entry in _entries(rule)) > MAX_CHARACTERS:
        raise InvalidBucketError(f"cors has at most {MAX_CHARACTERS} characters of origins and headers in all.")


def _check(rule: CorsRule) -> None:
    if not rule.allowed_origins or not rule.allowed_methods:
        raise InvalidBucketError("cors: a rule has one or more allowed_origins and allowed_methods.")
    if rule.max_age is not None and not 0 <= rule.max_age <= MAX_AGE_SECONDS:
        raise InvalidBucketError(f"cors: max_age is a whole number from 0 to {MAX_AGE_SECONDS}.")
    if max(map(len, (rule.allowed_origins, rule.allowed_headers, rule.exposed_headers))) > MAX_ENTRIES:
        raise InvalidBucketError(f"cors: a rule has at most {MAX_ENTRIES} origins, and as many headers of a kind.")
    if any(len(entry) > MAX_ENTRY_LENGTH for entry in _entries(rule)):
        raise InvalidBucketError(f"cors: an origin or a header has at most {MAX_ENTRY_LENGTH} characters.")
    if rule.id is not None and not _ID.fullmatch(rule.id):
        raise InvalidBucketError(f"cors: the id of a rule has at most {MAX_ENTRY_LENGTH} printable characters.")
    if not _are_all(rule.allowed_origins, _ORIGIN_PATTERN):
        raise InvalidBucketError(
            "cors: allowed_origins has origins, such as https://app.example or https://*.app.example, or '*'."
        )
    if not _are_all(rule.allowed_headers, _HEADER_PATTERN):
        raise InvalidBucketError("cors: allowed_headers has names of headers, with at most one '*' in each.")
    if not _are_all(rule.exposed_headers, _HEADER):
        raise InvalidBucketError("cors: exposed_headers has names of headers.")


def _entries(rule: CorsRule) -> Iterable[str]:
    return (*rule.allowed_origins, *rule.allowed_headers, *rule.exposed_headers, *([rule.id] if rule.id else []))


def _are_all(entries: Iterable[str], pattern: re.Pattern[str]) -> bool:
    return all(pattern.fullmatch(each.lower()) and each.count(ANY) <= 1 for each in entries)


def _is_one_of(text: str, patterns: Iterable[str], sound: re.Pattern[str]) -> bool:
    return bool(sound.fullmatch(text)) and any(_matches(text, each.lower()) for each in patterns)


def _matches(text: str, pattern: str) -> bool:
    head, star, tail = pattern.partition(ANY)
    if not star:
        return text == pattern
    return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)
