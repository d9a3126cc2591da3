"""Conditional requests on objects (RFC 9110, section 13), whose tags are of the content, with or without quotes."""

import re
from collections.abc import Callable

from domain.values.preconditions import NO_PRECONDITION, Precondition
from service.http.headers.dates import parse_http_date

_TAG = re.compile(r'(?:W/)?"[^"]*"|[^\s,"]+')
Field = Callable[[str], str]


def conditions_of(field: Field, prefix: str = "") -> Precondition:
    """Return the conditions in the headers that begin with `prefix`, such as `x-amz-copy-source-`."""
    return Precondition(
        if_match=_tags(field(f"{prefix}if-match")),
        if_unmodified_since=parse_http_date(field(f"{prefix}if-unmodified-since")),
        if_none_match=_tags(field(f"{prefix}if-none-match")),
        if_modified_since=parse_http_date(field(f"{prefix}if-modified-since")),
        of_content=True,
    )


def write_conditions(field: Field) -> Precondition:
    """Return the conditions of a change. Those by date are none of S3's (API Reference, "PutObject")."""
    if_match, if_none_match = _tags(field("if-match")), _tags(field("if-none-match"))
    if if_match is None and if_none_match is None:
        return NO_PRECONDITION
    return Precondition(if_match=if_match, if_none_match=if_none_match, of_content=True)


def _tags(value: str) -> tuple[str, ...] | None:
    if not value:
        return None
    if value.strip() == "*":
        return ()
    return tuple(each if '"' in each else f'"{each}"' for each in _TAG.findall(value))
