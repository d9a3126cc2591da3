"""Queries: the rules for all of them, and parameters that select files."""

import re
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any, get_args, get_origin
from urllib.parse import unquote_to_bytes

from litestar.connection import ASGIConnection
from litestar.datastructures import MultiDict
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition

from domain.files.search.errors import InvalidFilterError
from domain.values.errors import InvalidTimeError
from domain.values.times import in_utc

# Text that `storable` takes, as JSON Schema.
STORABLE = {"pattern": r"^[^\u0000]*$"}
# Times, as JSON Schema.
TIME = {"format": "date-time"}

ESCAPED_PLUS = "In a query, + stands for a space: write it as %2B."
# An offset from UTC, and the suffix of a media type, whose plus has become a space. Each match begins at a character
# that it does not contain again, so that a search takes time in proportion to the text.
_LOST_PLUS = re.compile(r":[0-9.]+ [0-9]{2}:?[0-9]{2}(?![0-9])|(?<=[^\s/;\"])/[^\s/;\"]+ [^\s/;\"]")


def storable(text: str | None) -> str | None:
    """Return a parameter's text if the catalog can hold it, else raise `InvalidFilterError`."""
    if text is not None and "\0" in text:
        raise InvalidFilterError("A parameter holds a NUL character.")
    return text


def refuse_nulls(given: MultiDict[Any], names: Iterable[str]) -> None:
    """Raise 400 for a parameter whose value is `null`: Litestar reads it as a missing parameter."""
    for name in names:
        if any(value.lower() == "null" for value in given.getall(name, [])):
            raise ValidationException(f"{name}: null is no value; leave the parameter out.")


def refuse_loose_times(given: MultiDict[Any], names: Iterable[str]) -> None:
    """Raise 400 for a time that is `null`, or a number, which Litestar reads as a Unix time."""
    refuse_nulls(given, names)
    for name in names:
        if any(map(_is_number, given.getall(name, []))):
            raise ValidationException(f"{name} takes an RFC 3339 time.")


def utc_time(parameter: str, time: datetime | None) -> datetime | None:
    """Return the parameter's time in UTC. Raises `InvalidFilterError` where it has no offset."""
    try:
        return None if time is None else in_utc(time)
    except InvalidTimeError as error:
        raise InvalidFilterError(f"{parameter}: {error.detail}") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def has_lost_plus(text: str) -> bool:
    """Return whether a time or a media type in `text` has a space where it may have had a plus."""
    return _LOST_PLUS.search(text) is not None


async def check_query(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard routes: raise 400 for a query that is not UTF-8, and for a parameter that is given twice.

    A parameter that is a list may be repeated. Of another one, given twice, nobody could say which one counts. A
    coroutine although it awaits nothing: Litestar would run a plain function in a thread.
    """
    query = connection.scope["query_string"]
    if not query:
        return
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        raise _refusal("The query is not percent-encoded UTF-8.") from None
    given = connection.query_params
    for name, field in handler.parsed_fn_signature.parameters.items():
        if name in given and isinstance(field.kwarg_definition, QueryParameter):
            _check_parameter(name, field, given.getall(name))


def _check_parameter(name: str, field: FieldDefinition, values: list[str]) -> None:
    kinds = (field.annotation, *get_args(field.annotation))
    if len(values) > 1 and not any(get_origin(kind) is list for kind in kinds):
        raise _refusal(f"{name} is given more than once.")
    if datetime in kinds and any(map(has_lost_plus, values)):
        raise _refusal(f"{name} is not an RFC 3339 time. {ESCAPED_PLUS}")


def _refusal(detail: str) -> HTTPException:
    return HTTPException(status_code=HTTPStatus.BAD_REQUEST, detail=detail)
