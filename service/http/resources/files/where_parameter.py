"""`where` in a query, which takes pluses for spaces: a filter that lost one would find nothing."""

from collections.abc import Iterator
from typing import Any

from domain.files.search.errors import InvalidFilterError
from domain.files.search.fields import Column, FieldKind
from domain.files.search.where import Comparison, Condition, Not, parse_where
from service.http.queries import ESCAPED_PLUS, has_lost_plus

_CONTENT_TYPE = Column("content_type")
_EXACT = frozenset({"eq", "ne", "in"})


def parse_where_parameter(filter_: Any, text: str) -> Condition:
    """Return the condition that the decoded JSON of `text` stands for.

    Raises `InvalidFilterError`, which says how a plus is written where a time or a content type seems to have lost one.
    """
    try:
        condition = parse_where(filter_)
    except InvalidFilterError as error:
        if FieldKind.TIME.value in error.detail and has_lost_plus(text):
            raise InvalidFilterError(f"{error.detail} {ESCAPED_PLUS}") from None
        raise
    for content_type in _content_types(condition):
        if has_lost_plus(content_type):
            raise InvalidFilterError(f"'content_type' is never {content_type[:100]!r}. {ESCAPED_PLUS}")
    return condition


def _content_types(condition: Condition) -> Iterator[str]:
    match condition:
        case Comparison():
            if condition.field == _CONTENT_TYPE and condition.operator in _EXACT:
                yield from condition.value if condition.operator == "in" else (condition.value,)
        case Not():
            yield from _content_types(condition.condition)
        case _:
            for each in condition.conditions:
                yield from _content_types(each)
