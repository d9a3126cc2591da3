"""What a handler's signature cannot say of its operation: written down by hand, turned into OpenAPI elsewhere."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from domain.errors import FileportError

JSON = "application/json"

# An error of the domain, or a status of the framework's own refusals.
Refusal = type[FileportError] | HTTPStatus


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A body: the JSON of `kind`, or bytes as `schema` describes them. Examples are by name, and realistic.

    `encoding` is that of a form's parts. `is_optional` tells that a request may leave the body out.
    """

    media_types: tuple[str, ...] = (JSON,)
    kind: type | None = None
    schema: Mapping[str, Any] = {}
    encoding: Mapping[str, Any] | None = None
    examples: Mapping[str, Any]
    is_optional: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is no problem. `headers` are names of `headers.HEADERS`, beside those that every answer has."""

    description: str
    headers: tuple[str, ...] = ()
    content: Content | None = None


UNCHANGED = Answer(description="The caller has it already.", headers=("ETag",))


class Meaning(msgspec.Struct, frozen=True):
    """What a parameter means. `schema` adds to that of its type; with `is_json` it is that of the JSON it holds."""

    description: str
    example: Any
    schema: Mapping[str, Any] = {}
    is_json: bool = False


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `refusals` are those that are its own; what every operation may answer is added to them.

    `request_headers` are names of `headers.REQUEST_HEADERS`.
    `query` has a meaning for each parameter of the query, `sample` names those that the sample request shows.
    """

    tag: str
    answers: Mapping[HTTPStatus, Answer]
    description: str = ""
    refusals: tuple[Refusal, ...] = ()
    body: Content | None = None
    request_headers: tuple[str, ...] = ()
    query: Mapping[str, Meaning] = {}
    sample: tuple[str, ...] = ()


def json_of(example: msgspec.Struct, *, media_types: tuple[str, ...] = (JSON,), **others: msgspec.Struct) -> Content:
    """Return JSON of the example's type."""
    examples = {"example": example, **others}
    return Content(
        media_types=media_types,
        kind=type(example),
        examples={name: msgspec.to_builtins(each) for name, each in examples.items()},
    )
