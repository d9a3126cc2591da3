"""A request for an object, before it is signed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from adapters.s3.part import Part


class ObjectRequest(NamedTuple):
    """`query` is percent-encoded, its parameters sorted, each with its `=`. The names of `headers` are lower case."""

    method: Literal["GET", "HEAD", "PUT"]
    key: str
    query: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    body: Part | None = None
