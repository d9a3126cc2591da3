"""Conditional requests (RFC 9110, section 13)."""

import re
from datetime import datetime
from typing import Any

from litestar import Request

from domain.errors import InvalidInputError
from domain.values.preconditions import IfRange, Precondition
from service.http.headers.dates import parse_http_date

_STRONG_TAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_TAG = rf"(?:W/)?{_STRONG_TAG.pattern}"
_LIST = re.compile(rf"[ \t]*(?:{_TAG})?(?:[ \t]*,[ \t]*(?:{_TAG})?)*[ \t]*")


class InvalidConditionError(InvalidInputError):
    """A condition is neither `*` nor a list of entity tags."""

    code = "invalid_condition"
    example = "if-match is neither * nor a list of quoted entity tags."


def precondition_of(request: Request[Any, Any, Any]) -> Precondition:
    """Return the request's conditions. Raises `InvalidConditionError`.

    What is no date is ignored (sections 13.1.3 and 13.1.4).
    """
    return Precondition(
        if_match=_entity_tags(request, "if-match"),
        if_unmodified_since=_date(request, "if-unmodified-since"),
        if_none_match=_entity_tags(request, "if-none-match"),
        if_modified_since=_date(request, "if-modified-since"),
    )


def if_range_of(request: Request[Any, Any, Any]) -> IfRange | None:
    """Return the request's `If-Range` (section 13.1.5)."""
    value = ", ".join(request.headers.getall("if-range", []))
    if not value:
        return None
    return IfRange(value if _STRONG_TAG.fullmatch(value) else parse_http_date(value))


def parse_entity_tags(value: str, field: str) -> tuple[str, ...]:
    """Return the entity tags that `value` lists, none for `*`. Raises `InvalidConditionError` that names `field`."""
    if value.strip() == "*":
        return ()
    tags = tuple(re.findall(_TAG, value))
    if not tags or not _LIST.fullmatch(value):
        raise InvalidConditionError(f"{field} is neither * nor a list of quoted entity tags.")
    return tags


def _entity_tags(request: Request[Any, Any, Any], header: str) -> tuple[str, ...] | None:
    lines = request.headers.getall(header, [])
    return parse_entity_tags(", ".join(lines), header) if lines else None


def _date(request: Request[Any, Any, Any], header: str) -> datetime | None:
    return parse_http_date(", ".join(request.headers.getall(header, [])))
