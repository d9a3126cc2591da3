"""Uploads as forms: the file's bytes are never gathered."""

import string
from collections.abc import AsyncIterator

import multipart

from domain.files.metadata import MAX_METADATA_BYTES
from domain.files.model import NewFile
from domain.values.media_types import content_type_of
from domain.values.preconditions import Precondition
from service.http.bodies.annotations import parse_metadata, parse_tags
from service.http.forms.errors import InvalidFormError
from service.http.forms.parts import Part, parse_parts
from service.http.request import FileportRequest

_FIELDS = frozenset({"name", "metadata", "tags"})
# More than the largest metadata and tags take, with a margin for white space in JSON.
_MAX_FIELD_BYTES = 2 * MAX_METADATA_BYTES
_MAX_FIELDS_BYTES = 1024 * 1024


class UploadForm:
    """Reads a form up to its file, then gives the file's bytes as they arrive.

    The form has one `file` part, its last; before it may stand `name` (else the part's file name), `metadata`
    (JSON) and `tags` (a JSON array, or tags with commas between; may be repeated).
    """

    def __init__(self, request: FileportRequest) -> None:
        self._events = parse_parts(request.verified_stream(), _boundary(request))
        self._fields: dict[str, str] = {}
        self._tags: tuple[str, ...] | None = None

    async def file(self, bucket: str, precondition: Precondition) -> NewFile:
        """Read up to the file's first byte and return its description. Raises `InvalidFormError`."""
        field = ""
        value = bytearray()
        total = 0
        async for event in self._events:
            if isinstance(event, Part):
                if event.name == "file":
                    return self._describe(event, bucket, precondition)
                field = self._admit_field(event)
            elif event:
                value += event
                total += len(event)
                if len(value) > _MAX_FIELD_BYTES:
                    raise InvalidFormError(f"A field of the form is larger than {_MAX_FIELD_BYTES} bytes.")
                if total > _MAX_FIELDS_BYTES:
                    raise InvalidFormError(f"The fields of the form are larger than {_MAX_FIELDS_BYTES} bytes in all.")
            else:
                self._keep(field, bytes(value))
                value.clear()
        raise InvalidFormError("The form has no part named file.")

    async def content(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes. Raises `InvalidFormError` if anything follows them."""
        async for event in self._events:
            if isinstance(event, Part):
                if event.name == "file":
                    raise InvalidFormError(
                        "The form has a second part named file: send each file by a form of its own."
                    )
                raise InvalidFormError(f"The field {event.name!r} comes after the file; fields come before it.")
            if event:
                yield event

    def _admit_field(self, part: Part) -> str:
        if not part.name:
            raise InvalidFormError("A part of the form has no name.")
        if part.name not in _FIELDS:
            raise InvalidFormError(f"The form has an unknown field {part.name[:100]!r}.")
        if part.name in self._fields:
            raise InvalidFormError(f"The field {part.name!r} stands more than once.")
        return part.name

    def _keep(self, field: str, value: bytes) -> None:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            raise InvalidFormError(f"The field {field!r} is not UTF-8.") from None
        if field == "tags":
            self._tags = parse_tags(text, self._tags or ())
        else:
            self._fields[field] = text

    def _describe(self, part: Part, bucket: str, precondition: Precondition) -> NewFile:
        name = self._fields.get("name") or part.filename
        if not name:
            raise InvalidFormError("The file part has no file name, and the form no field name before it.")
        metadata = self._fields.get("metadata")
        return NewFile(
            bucket=bucket,
            name=name,
            content_type=content_type_of(name, part.content_type),
            metadata=None if metadata is None else parse_metadata(metadata),
            tags=self._tags,
            precondition=precondition,
        )


def _boundary(request: FileportRequest) -> str:
    content_type = request.headers.get("content-type", "")
    essence, options = multipart.parse_options_header(content_type)  # type: ignore[no-untyped-call] # it has no annotations
    boundary = options.get("boundary", "")
    if (
        essence != "multipart/form-data"
        or not boundary
        or len(boundary) > 70
        or not set(boundary) <= set(string.printable)
    ):
        raise InvalidFormError(
            "The request is not multipart/form-data with a boundary: PUT /v1/buckets/{bucket}/files/{name} takes bytes."
        )
    return str(boundary)
