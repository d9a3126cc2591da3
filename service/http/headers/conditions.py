"""Conditional requests (RFC 9110, section 13)."""

import re
from typing import Annotated

from litestar.datastructures import Headers
from msgspec import Meta

from domain.errors import InvalidInputError
from domain.values.preconditions import IfRange, Precondition
from service.http.headers.dates import parse_http_date
from service.http.headers.fields import field_value

_STRONG_TAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_TAG = rf"(?:W/)?{_STRONG_TAG.pattern}"
# As strict clients write it, in ECMAScript's regular expressions.
_PLAIN_TAG = r'(?:W/)?"[!#-~]*"'
EntityTags = Annotated[
    str, Meta(extra_json_schema={"pattern": rf"^(?:\*|{_PLAIN_TAG}(?:[ \t]*,[ \t]*{_PLAIN_TAG})*)$"})
]
_LIST = re.compile(rf"[ \t]*(?:{_TAG})?(?:[ \t]*,[ \t]*(?:{_TAG})?)*[ \t]*")


class InvalidConditionError(InvalidInputError):
    """A condition is neither `*` nor a list of entity tags."""

    code = "invalid_condition"
    example = "if-match is neither * nor a list of quoted entity tags."


def parse_precondition(headers: Headers, *, is_read: bool = False) -> Precondition:
    """Return the conditions of a request. Raises `InvalidConditionError`.

    A malformed date is ignored (sections 13.1.3 and 13.1.4). Of a request that only reads, a malformed `If-None-Match`
    matches nothing: many clients send tags without quotes, and their responses are never wrong.
    """
    return Precondition(
        if_match=_entity_tags(headers, "if-match"),
        if_unmodified_since=parse_http_date(field_value(headers, "if-unmodified-since")),
        if_none_match=_none_match(headers, is_read=is_read),
        if_modified_since=parse_http_date(field_value(headers, "if-modified-since")),
    )


def parse_if_range(value: str) -> IfRange | None:
    """Return the validator in `If-Range` (section 13.1.5), None for an empty value."""
    if not value:
        return None
    return IfRange(value if _STRONG_TAG.fullmatch(value) else parse_http_date(value))


def parse_entity_tags(value: str, field: str) -> tuple[str, ...]:
    """Return the entity tags in `value`, none for `*`. Raises `InvalidConditionError`, which names `field`."""
    if value.strip() == "*":
        return ()
    tags = tuple(re.findall(_TAG, value))
    if not tags or not _LIST.fullmatch(value):
        raise InvalidConditionError(f"{field} is neither * nor a list of quoted entity tags.")
    return tags


def _none_match(headers: Headers, *, is_read: bool) -> tuple[str, ...] | None:
    try:
        return _entity_tags(headers, "if-none-match")
    except InvalidConditionError:
        if not is_read:
            raise
        return (field_value(headers, "if-none-match"),)


def _entity_tags(headers: Headers, name: str) -> tuple[str, ...] | None:
    return parse_entity_tags(field_value(headers, name), name) if name in headers else None
