"""A form, read up to its file: its fields are few and small, and its file is never gathered."""

import string
from collections.abc import AsyncIterator, Mapping

import multipart
from litestar.exceptions import HTTPException

from service.http.forms.parts import Part, parse_parts
from service.s3.errors import S3Error
from service.s3.request import S3Request

# Of AWS: names and values of all fields together.
MAX_FIELD_BYTES = 20 * 1024
FILE = "file"
_FILENAME = "${filename}"
# Those that are called otherwise than the header is.
_HEADERS = {"acl": "x-amz-acl"}


class Form:
    """The fields of a form, by their names in lower case, and its file, the last of its parts."""

    def __init__(self, request: S3Request) -> None:
        """Raises `S3Error` unless the body is a form."""
        self._parts = parse_parts(request.stream(), _boundary(request))
        self.values: dict[str, str] = {}

    async def read_fields(self) -> None:
        """Read up to the first byte of the file. Raises `S3Error`, and what the body's stream raises."""
        try:
            await self._read_fields()
        except HTTPException as error:
            raise S3Error("MalformedPOSTRequest", error.detail) from error

    async def content(self, least: int, most: int) -> AsyncIterator[bytes]:
        """Yield the bytes of the file. Raises `S3Error` for fewer than `least`, and for more than `most`."""
        size = 0
        async for event in self._parts:
            if isinstance(event, Part):
                raise S3Error("InvalidArgument", "The file is the last field of a form, and there is one.")
            size += len(event or b"")
            if size > most:
                raise S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
            if event:
                yield event
        if size < least:
            raise S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size.")

    @property
    def trailers(self) -> Mapping[str, str]:
        """A form has none."""
        return {}

    def field(self, name: str) -> str:
        """Return the value of a field as that of the header with its name: its bytes as Latin-1 has them."""
        return self.fields(name).get(name, "")

    def fields(self, prefix: str) -> dict[str, str]:
        """Return the fields whose names begin with `prefix`."""
        values = {_HEADERS.get(name, name): value for name, value in self.values.items()}
        return {name: values[name].encode().decode("latin-1") for name in values if name.startswith(prefix)}

    async def _read_fields(self) -> None:
        name, value, total = "", bytearray(), 0
        async for event in self._parts:
            if isinstance(event, Part):
                name = event.name.lower()
                if name == FILE:
                    self._substitute(event.filename or "")
                    return
                total += len(name)
            elif event is None:
                self._keep(name, value)
                value.clear()
            else:
                value += event
                total += len(event)
            if total > MAX_FIELD_BYTES:
                raise S3Error(
                    "MaxPostPreDataLengthExceededError",
                    "Your POST request fields preceding the upload file were too large.",
                    {"MaxSizeAllowed": MAX_FIELD_BYTES},
                )
        raise S3Error("InvalidArgument", "POST requires exactly one file upload per request.")

    def _keep(self, name: str, value: bytearray) -> None:
        if not name or name in self.values:
            raise S3Error("InvalidArgument", "A field of the form has no name, or comes twice.")
        try:
            self.values[name] = value.decode()
        except UnicodeDecodeError:
            raise S3Error("InvalidArgument", "A field of the form is not UTF-8.") from None

    def _substitute(self, filename: str) -> None:
        if "key" in self.values:
            # Browsers of old sent the path.
            self.values["key"] = self.values["key"].replace(_FILENAME, filename.replace("\\", "/").rpartition("/")[2])


def _boundary(request: S3Request) -> str:
    essence, options = multipart.parse_options_header(request.field("content-type"))  # type: ignore[no-untyped-call] # it has no annotations
    boundary = str(options.get("boundary", ""))
    if essence != "multipart/form-data" or not 0 < len(boundary) <= 70 or not set(boundary) <= set(string.printable):
        raise S3Error("PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data.")
    return boundary
