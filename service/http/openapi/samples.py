"""Requests as curl commands to copy: `FILEPORT_URL` is the address of the service, `FILEPORT_KEY` the key."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec

from service.http.openapi.operation import JSON, Content, Operation

_LOCAL_FILE = "opera.flac"
# Media types of responses that are saved, and the names that they are saved under.
_SAVED = {"*/*": _LOCAL_FILE, "application/zip": "opera.zip"}


def curl(
    method: str, path: str, parameters: Iterable[Mapping[str, Any]], operation: Operation, *, is_open: bool
) -> str:
    """Return the curl command of the operation's example. Without `is_open` it shows the key."""
    query = []
    for parameter in parameters:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(parameter["example"]))
        elif parameter["name"] in operation.sample:
            query.append(f"{parameter['name']}={_text(_example(parameter))}")
    headers = (
        f"{each.name}: {each.example}"
        for each in operation.headers
        if each.is_required or each.name in operation.sample
    )
    options = [] if is_open else ['-H "Authorization: Bearer $FILEPORT_KEY"']
    options += (f"-H {shlex.quote(line)}" for line in headers)
    options += _body(operation.body) if operation.body else ()
    options += (f"--data-urlencode {shlex.quote(each)}" for each in query)
    options += _saved(operation)
    return " \\\n  ".join([f'curl {_method(method, operation.body, query)}"$FILEPORT_URL{path}"', *options])


def _method(method: str, body: Content | None, query: list[str]) -> str:
    if body and body.media_types[0] in {"*/*", "multipart/form-data"}:
        return ""  # -T says PUT, and -F says POST
    if query:
        return "--get "
    return {"GET": "", "HEAD": "--head "}.get(method, f"-X {method} ")


def _body(body: Content) -> Iterator[str]:
    example = body.examples["example"]
    match body.media_types[0]:
        case "*/*":
            yield f"-T {_LOCAL_FILE}"
        case "multipart/form-data":
            yield from _form(example)
        case media_type if body.kind is None:
            yield f"-H 'Content-Type: {media_type}'"
            yield f"--data-binary @{_LOCAL_FILE}"
        case media_type if media_type == JSON:
            yield f"--json {shlex.quote(_text(example))}"
        case media_type:
            yield f"-H 'Content-Type: {media_type}'"
            yield f"-d {shlex.quote(_text(example))}"


def _form(example: Mapping[str, Any]) -> Iterator[str]:
    for name, value in example.items():
        for each in value if isinstance(value, list) else [value]:
            text = f"@{_LOCAL_FILE}" if name == "file" else _text(each)
            yield f"-F {shlex.quote(f'{name}={text}')}"


def _example(parameter: Mapping[str, Any]) -> Any:
    return parameter["example"] if "example" in parameter else parameter["content"][JSON]["example"]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _saved(operation: Operation) -> Iterator[str]:
    for response in operation.responses:
        if response.status == HTTPStatus.OK and response.content is not None:
            yield from (f"-o {_SAVED[each]}" for each in response.content.media_types if each in _SAVED)
