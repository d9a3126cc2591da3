"""Descriptions that routes carry: facts about an operation that its handler's signature cannot state."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self

import msgspec

from domain.errors import FileportError

JSON = "application/json"
BYTES: Mapping[str, Any] = {"contentMediaType": "application/octet-stream"}

# An error of the domain, or a status of the framework's own refusals.
Refusal = type[FileportError] | HTTPStatus


class Description(msgspec.Struct, frozen=True):
    """Part of a route. The framework copies routes, and whatever they carry, at each start: copies share it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class Tag(Description, frozen=True):
    """A group of operations: the option `tag` of their router."""

    name: str
    description: str


class Header(msgspec.Struct, frozen=True):
    """A header of requests or of responses. `key` tells two headers of one name apart."""

    name: str
    description: str
    example: Any
    schema: Mapping[str, Any] = msgspec.field(default_factory=lambda: {"type": "string"})
    is_required: bool = False
    key: str = ""


def constant(value: str) -> dict[str, Any]:
    """Return the schema of text that is always `value`."""
    return {"type": "string", "const": value}


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A body: JSON of the type `kind`, or bytes as `schema` describes them. Examples are by name, and realistic.

    `encoding` is that of a form's parts. A request may omit a body that `is_optional`.
    """

    media_types: tuple[str, ...] = (JSON,)
    kind: type | None = None
    schema: Mapping[str, Any] = {}
    encoding: Mapping[str, Any] | None = None
    examples: Mapping[str, Any]
    is_optional: bool = False


class Response(msgspec.Struct, frozen=True):
    """A response that is not a problem. Its `headers` come on top of those that every response has.

    `body` is the example of a body in JSON, or content of another kind.
    """

    status: int
    description: str
    body: msgspec.Struct | None = None
    headers: tuple[Header, ...] = ()

    @property
    def content(self) -> Content | None:
        return self.body if self.body is None or isinstance(self.body, Content) else json_of(self.body)


class Operation(Description, frozen=True, kw_only=True):
    """One operation: the argument `operation` of its route. The handler's docstring is the text about it.

    `description` follows that text, for facts that only code can state. `problems` come on top of the `errors` of the
    use cases that the handler takes, and of those that every operation may end in. `sample` names the parameters and
    optional headers that the sample request shows. `schemas` are those that the parameters refer to, by name.
    """

    responses: tuple[Response, ...]
    description: str = ""
    problems: tuple[Refusal, ...] = ()
    body: Content | None = None
    headers: tuple[Header, ...] = ()
    sample: tuple[str, ...] = ()
    schemas: Mapping[str, Any] = {}


def json_of(example: msgspec.Struct, *, media_types: tuple[str, ...] = (JSON,), **others: msgspec.Struct) -> Content:
    """Return JSON of the example's type."""
    examples = {"example": example, **others}
    return Content(
        media_types=media_types,
        kind=type(example),
        examples={name: msgspec.to_builtins(each) for name, each in examples.items()},
    )
