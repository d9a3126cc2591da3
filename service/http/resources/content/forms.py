"""Uploads as `multipart/form-data` (RFC 7578), streamed: the file's bytes are never gathered."""

import string
from collections.abc import AsyncIterator
from typing import Any

import multipart

from domain.buckets.model import MAX_BYTES
from domain.errors import InvalidInputError
from domain.files.metadata import MAX_METADATA_BYTES
from domain.files.model import NewFile
from domain.values.media_types import content_type_of
from domain.values.preconditions import Precondition
from service.http.annotations import parse_metadata, parse_tags
from service.http.request import FileportRequest

_FIELDS = frozenset({"name", "metadata", "tags"})
# More than the largest metadata and tags take, with a margin for white space in JSON.
_MAX_FIELD_BYTES = 2 * MAX_METADATA_BYTES
_MAX_FIELDS_BYTES = 1024 * 1024
_MAX_FIELDS = 128


class InvalidFormError(InvalidInputError):
    """The form is malformed, or is not one `file` part after its fields."""

    code = "invalid_form"
    example = "The form has no part named file."


class UploadForm:
    """Reads a form up to its file, then gives the file's bytes as they arrive.

    The form has one `file` part, its last; before it may stand `name` (else the part's file name), `metadata`
    (JSON) and `tags` (a JSON array, or tags with commas between; may be repeated).
    """

    def __init__(self, request: FileportRequest) -> None:
        self._body = request.verified_stream()
        self._parser = multipart.PushMultipartParser(
            _boundary(request), max_segment_size=MAX_BYTES, max_segment_count=_MAX_FIELDS + 1
        )
        self._events = self._parse()
        self._fields: dict[str, str] = {}
        self._tags: tuple[str, ...] | None = None

    async def file(self, bucket: str, precondition: Precondition) -> NewFile:
        """Read up to the file's first byte and return its description. Raises `InvalidFormError`."""
        field: multipart.MultipartSegment | None = None
        value = bytearray()
        total = 0
        async for event in self._events:
            if isinstance(event, multipart.MultipartSegment):
                if event.name == "file":
                    return self._describe(event, bucket, precondition)
                if event.name not in _FIELDS:
                    raise InvalidFormError(f"The form has an unknown field {event.name!r}.")
                if event.name in self._fields:
                    raise InvalidFormError(f"The field {event.name!r} stands more than once.")
                field = event
            elif event:
                value += event
                total += len(event)
                if len(value) > _MAX_FIELD_BYTES:
                    raise InvalidFormError(f"A field of the form is larger than {_MAX_FIELD_BYTES} bytes.")
                if total > _MAX_FIELDS_BYTES:
                    raise InvalidFormError(f"The fields of the form are larger than {_MAX_FIELDS_BYTES} bytes in all.")
            elif field is not None:
                self._keep(field, bytes(value))
                value.clear()
        raise InvalidFormError("The form has no part named file.")

    async def content(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes. Raises `InvalidFormError` if anything follows them."""
        async for event in self._events:
            if isinstance(event, multipart.MultipartSegment):
                raise InvalidFormError(f"The field {event.name!r} comes after the file; fields come before it.")
            if event:
                yield bytes(event)

    async def _parse(self) -> AsyncIterator[Any]:
        try:
            async for chunk in self._body:
                if self._parser.closed:
                    continue  # an epilogue, which RFC 2046, section 5.1.1, has us ignore
                for event in self._parser.parse(chunk):
                    yield event
            self._parser.close()  # type: ignore[no-untyped-call] # multipart annotates only what returns
        except multipart.MultipartError as error:
            raise InvalidFormError("The form is malformed, or breaks off.") from error

    def _keep(self, field: multipart.MultipartSegment, value: bytes) -> None:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            raise InvalidFormError(f"The field {field.name!r} is not UTF-8.") from None
        if field.name == "tags":
            self._tags = parse_tags(text, self._tags or ())
        else:
            self._fields[str(field.name)] = text

    def _describe(self, part: multipart.MultipartSegment, bucket: str, precondition: Precondition) -> NewFile:
        name = self._fields.get("name") or part.filename
        if not name:
            raise InvalidFormError("The file part has no file name, and the form no field name before it.")
        metadata = self._fields.get("metadata")
        return NewFile(
            bucket=bucket,
            name=name,
            content_type=content_type_of(name, part.header("Content-Type")),
            metadata=None if metadata is None else parse_metadata(metadata),
            tags=self._tags,
            precondition=precondition,
        )


def _boundary(request: FileportRequest) -> str:
    content_type = request.headers.get("content-type", "")
    essence, options = multipart.parse_options_header(content_type)  # type: ignore[no-untyped-call] # likewise
    boundary = options.get("boundary", "")
    if (
        essence != "multipart/form-data"
        or not boundary
        or len(boundary) > 70
        or not set(boundary) <= set(string.printable)
    ):
        raise InvalidFormError("The request is not multipart/form-data with a boundary.")
    return str(boundary)
