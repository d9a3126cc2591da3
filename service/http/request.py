"""The request, as handlers of every resource read it."""

import re
from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.exceptions import HTTPException
from litestar.types import HTTPReceiveMessage

from domain.access.callers import Caller
from domain.blobs.errors import InterruptedBodyError
from domain.files.errors import InvalidNameError
from domain.files.model import Location
from domain.files.search.errors import InvalidFilterError
from domain.idempotency.errors import InvalidIdempotencyKeyError
from domain.idempotency.model import KeyedRequest, fingerprint
from domain.values.digests import Digest, Hashes
from domain.values.preconditions import NO_PRECONDITION, IfRange, Precondition
from domain.values.ranges import RangeSpec
from service.http.headers.body_length import parse_body_length
from service.http.headers.conditions import parse_if_range, parse_precondition
from service.http.headers.digests import declared_digests
from service.http.headers.fields import field_value, has_conditions
from service.http.headers.idempotency_key import parse_key
from service.http.headers.ranges import parse_ranges
from service.http.json_bodies import JSON_TYPES, MAX_JSON_BYTES, decode_json
from service.http.middleware.body_memory import take_body_memory

T = TypeVar("T")

# From the raw path: the router folds doubled slashes and drops a last one, but a name is taken as it was sent.
_FILE_PATH = re.compile(rb"/v1/buckets/[^/]+/files/(?P<name>.*)", re.DOTALL)
# They decide whether the change is made.
_CONDITIONS = ("if-match", "if-none-match", "if-unmodified-since")


class FileportRequest(Request[Any, Any, Any]):
    """A request whose header fields and body follow the rules of all resources.

    Only a handler's own request has a body: one that dishka injects receives nothing.
    """

    __slots__ = ()

    def field(self, name: str) -> str:
        """Return the lines of a header field as one list, empty where the field is missing."""
        return field_value(self.headers, name)

    @property
    def caller(self) -> Caller:
        """Who the request comes from: `authenticate` has found out."""
        return cast(Caller, self.scope["user"])

    @property
    def precondition(self) -> Precondition:
        """The conditions. Raises `InvalidConditionError`."""
        if not has_conditions(self.scope["headers"]):
            return NO_PRECONDITION
        return parse_precondition(self.headers, is_read=self.method in {"GET", "HEAD"})

    @property
    def if_range(self) -> IfRange | None:
        """The validator of the part that the reader has."""
        return parse_if_range(self.field("if-range"))

    @property
    def ranges(self) -> tuple[RangeSpec, ...]:
        """The ranges asked for; none of a method other than GET (RFC 9110, section 14.2)."""
        return parse_ranges(self.field("range")) if self.method == "GET" else ()

    @property
    def media_type(self) -> str:
        """The body's type without parameters, in lower case; empty where none is declared."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def content_length(self) -> int | None:
        """The body's length, None for a chunked body. Raises `InvalidInputError`, and 411 where it is not framed."""
        return parse_body_length(self.headers)

    @property
    def digests(self) -> tuple[Digest, ...]:
        """The digests declared for the body. Raises `InvalidDigestError`."""
        return declared_digests(self.headers)

    def location(self, bucket: str) -> Location:
        """Return the bucket with the file name in the path. Raises `InvalidNameError` unless it is in UTF-8."""
        return Location(bucket, self.name_in(_FILE_PATH, "/v1/buckets/, a bucket, /files/ and a file name"))

    def name_in(self, path: re.Pattern[bytes], form: str) -> str:
        """Return the group `name` of the path, which is of that `form`, as it was sent. Raises `InvalidNameError`."""
        match = path.fullmatch(self.scope["raw_path"])
        if match is None:
            raise InvalidNameError(f"The path is not {form}, written out.")
        try:
            return unquote_to_bytes(match["name"]).decode()
        except UnicodeDecodeError:
            raise InvalidNameError("The file name is not percent-encoded UTF-8.") from None

    def refuse_unknown_parameters(self) -> None:
        """Raise `InvalidFilterError` for a query parameter that the handler does not have.

        A filter that is ignored would find too much.
        """
        known = self.route_handler.parsed_fn_signature.parameters.keys() - {"request"}
        unknown = self.query_params.keys() - known
        if unknown:
            raise InvalidFilterError(f"Unknown parameter {min(unknown)!r}.")

    async def stream(self) -> AsyncGenerator[bytes]:
        """Yield the body as it arrives, of any length. Raises `InterruptedBodyError` if the client disconnects."""
        more = True
        while more:
            message = cast(HTTPReceiveMessage, await self.receive())
            if message["type"] == "http.disconnect":
                raise InterruptedBodyError("The connection was closed before the body's end.")
            if chunk := message.get("body"):
                yield chunk
            more = message.get("more_body", False)

    async def verified_stream(self) -> AsyncGenerator[bytes]:
        """Yield the body, and at its end raise `DigestMismatchError` unless the declared digests match.

        For bodies that are not files: of files, the write protocol computes the digests. Raises `InvalidDigestError`,
        `InterruptedBodyError`.
        """
        digests = self.digests
        hashes = Hashes(digests) if digests else None
        async for chunk in self.stream():
            if hashes:
                hashes.update(chunk)
            yield chunk
        if hashes:
            hashes.check()

    async def read_json(self, type_: type[T], *, limit: int = MAX_JSON_BYTES) -> T:
        """Return the body, JSON of up to `limit` bytes, as `type_`.

        Raises all that `verified_stream` and `decode_json` raise, 413 over `limit`, and 415 for another content type.
        """
        return decode_json(await self._gather_json(limit), type_)

    async def read_keyed_json(self, type_: type[T], *, limit: int = MAX_JSON_BYTES) -> tuple[T, KeyedRequest | None]:
        """Return the body as `read_json` does, and the request as `keyed` does. Raises all that both raise."""
        body = await self._gather_json(limit)
        return decode_json(body, type_), self.keyed(body)

    def keyed(self, body: bytes) -> KeyedRequest | None:
        """Return the request with its `Idempotency-Key`, None without a key. Raises `InvalidIdempotencyKeyError`.

        Requests are the same if they have the same method, path, query, conditions and `body`.
        """
        lines = self.headers.getall("idempotency-key", [])
        if not lines:
            return None
        if len(lines) > 1:
            raise InvalidIdempotencyKeyError("Idempotency-Key stands more than once.")
        head = (
            self.method,
            self.scope["raw_path"].decode("latin-1"),
            self.scope["query_string"].decode("latin-1"),
            *map(self.field, _CONDITIONS),
        )
        return KeyedRequest(caller=self.caller.owner, key=parse_key(lines[0]), fingerprint=fingerprint(head, body))

    async def _gather_json(self, limit: int) -> bytes:
        if self.media_type not in JSON_TYPES:
            raise HTTPException(
                status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                detail="The body is not declared as JSON: send Content-Type: application/json.",
            )
        declared = self.headers.get("content-length", "")
        size = int(declared) if declared.isdecimal() else limit if "transfer-encoding" in self.headers else 0
        # Before any byte is there, so that bodies which are gathered side by side do not wait for each other.
        await take_body_memory(self.scope, min(size, limit))
        body = bytearray()
        async for chunk in self.verified_stream():
            body += chunk
            if len(body) > limit:
                raise HTTPException(
                    status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail=f"The body is over {limit} bytes."
                )
        return bytes(body)
