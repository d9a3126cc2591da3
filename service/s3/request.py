"""A request, as the handlers of every operation read it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from typing import cast

from litestar.types import HTTPScope, Receive

from domain.access.callers import Caller
from service.http.middleware.body_memory import take_body_memory
from service.s3.address import Address
from service.s3.bodies.body import Body
from service.s3.bodies.payload import received
from service.s3.errors import S3Error
from service.s3.signatures.verifier import Verified
from service.s3.xml import Node, parse

# Of documents but that of a completed multipart upload, which may have 10,000 parts.
MAX_XML_BYTES = 1024 * 1024


class Query:
    """The parameters of a query, in their order and decoded once. `?uploads` has an empty value."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def __contains__(self, name: str) -> bool:
        return any(each == name for each, _ in self.pairs)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def get(self, name: str) -> str | None:
        """Return the first value of a parameter, None where there is none."""
        return next((value for each, value in self.pairs if each == name), None)

    def integer(self, name: str, default: int) -> int:
        """Return a whole number, which may be negative. Raises `S3Error`, `InvalidArgument`."""
        value = self.get(name)
        if not value:
            return default
        digits = value.removeprefix("-")
        if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
            raise S3Error(
                "InvalidArgument", f"{name} is not a whole number.", {"ArgumentName": name, "ArgumentValue": value}
            )
        return int(value)


# Makes another caller that of the request, once more is known of it, and returns it with its address.
Enter = Callable[[Caller], Awaitable[Caller]]


class S3Request:
    """A request whose head is verified: its caller, the bucket and the key (empty above their level), query, headers.

    Nothing of the body is asked for before a handler does, so a refusal needs none of it: a handler looks at the rights
    of the caller, at the bucket and at the headers first.
    """

    def __init__(
        self,
        scope: HTTPScope,
        receive: Receive,
        address: Address,
        query: Query,
        *,
        caller: Caller,
        verified: Verified | None,
        enter: Enter,
    ) -> None:
        self.scope = scope
        self.method = scope["method"]
        self.bucket, self.key = address
        self.query = query
        self.caller = caller
        # By their names in lower case, the lines of each as one list.
        self.headers: Mapping[str, str] = _joined(scope["headers"])
        self._verified = verified
        self._enter = enter
        self._body = Body(self.field, received(receive), verified)

    @property
    def request_id(self) -> str:
        """The id, which the log's lines and the response have too."""
        return cast(str, self.scope["state"]["request_id"])

    @property
    def is_signed(self) -> bool:
        """Whether the credentials of the caller are in the head."""
        return self._verified is not None

    async def enter(self, caller: Caller) -> Caller:
        """Go on as `caller`, whose credentials are in the body. Raises `S3Error` where it makes too many requests."""
        self.caller = await self._enter(caller)
        return self.caller

    def field(self, name: str) -> str:
        """Return the lines of a header as one list, empty where it is missing.

        In a presigned URL parameters of the query stand for headers that begin with `x-amz-`: SDKs move them there.
        """
        value = self.headers.get(name, "")
        if not value and self._verified is not None and self._verified.is_presigned and name.startswith("x-amz-"):
            return next((value for each, value in self.query.pairs if each.lower() == name), "")
        return value

    def fields(self, prefix: str) -> dict[str, str]:
        """Return the headers whose names begin with `prefix`, as `field` does, by their names in lower case."""
        names = [name for name in self.headers if name.startswith(prefix)]
        if self._verified is not None and self._verified.is_presigned and prefix.startswith("x-amz-"):
            names += [name.lower() for name in self.query if name.lower().startswith(prefix)]
        return {name: self.field(name) for name in names}

    @property
    def content_length(self) -> int | None:
        """The length of the body in bytes, 0 where there is none, None where it is not known before its end.

        It is that of the content, without the framing of `aws-chunked`.
        """
        return self._body.length

    @property
    def trailers(self) -> Mapping[str, str]:
        """The trailers, by their names in lower case: all that `x-amz-trailer` names, once the body is read."""
        return self._body.trailers

    def stream(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives, of any length, without the framing of `aws-chunked`.

        It ends once all that is signed or declared of it is verified, and else raises: `S3Error`,
        `WrongSignatureError`, `InterruptedBodyError`, `BodyTimeoutError`. So nothing may be kept of a body before its
        end. The checksums that are declared are left to the handler.
        """
        return self._body.stream()

    @property
    def signed_sha256(self) -> bytes | None:
        """The SHA-256 that the body is signed by as a whole; None where it is not."""
        return self._body.signed_sha256

    def unhashed_stream(self) -> AsyncIterator[bytes]:
        """Do as `stream` does, but leave `signed_sha256` to the caller, who hashes the bytes anyway."""
        return self._body.unhashed()

    async def read(self, limit: int) -> bytes:
        """Return the body, of up to `limit` bytes. Raises `S3Error`, `MalformedXML` for more, and all of `stream`."""
        size = self.content_length
        # Before any byte is there, so that bodies which are gathered side by side do not wait for each other.
        await take_body_memory(self.scope, limit if size is None else min(size, limit))
        body = bytearray()
        async for chunk in self.stream():
            body += chunk
            if len(body) > limit:
                raise S3Error("MalformedXML", f"The body is over {limit} bytes.")
        return bytes(body)

    async def read_xml(self, root: str, *, limit: int = MAX_XML_BYTES) -> Node:
        """Return the body, an XML document whose root is `root`. Raises all of `read`, and of `parse`."""
        return parse(await self.read(limit), root)


def _joined(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for raw_name, raw_value in lines:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields
