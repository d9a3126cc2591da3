"""A client of the S3 protocol, which signs by botocore, and sends a path exactly as it is told."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

import anyio
import msgspec
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from litestar.types import ASGIApp

from tests.support.clients import ROOT_KEY

REGION = "us-east-1"
HOST = "fileport.test"


class Answer(msgspec.Struct, frozen=True):
    """A response. The names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        """The code of an error, None for a response without a body."""
        return self.text("Code") if self.body else None

    @property
    def xml(self) -> ET.Element:
        """The document, without its namespace."""
        root = ET.fromstring(self.body)  # noqa: S314 - our own
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return root

    def text(self, path: str) -> str | None:
        """Return the text of the first element at a path below the root."""
        return self.xml.findtext(path)

    def texts(self, path: str) -> list[str | None]:
        """Return the text of each element at a path below the root."""
        return [each.text for each in self.xml.findall(path)]


class S3Client:
    """Calls `app` with requests that are signed with a secret."""

    def __init__(self, app: ASGIApp, access_key_id: str = "root", secret: str = ROOT_KEY) -> None:
        self._app = app
        self._credentials = Credentials(access_key_id, secret)

    async def send(
        self,
        method: str,
        path: str = "",
        query: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] = b"",
        payload: str | None = None,
        is_signed: bool = True,
    ) -> Answer:
        """Send a request for a path below `/s3`, percent-encoded, and return the answer.

        `payload` is the value of `x-amz-content-sha256`, the body's hash where it is left out.
        """
        chunks = [body] if isinstance(body, bytes) else list(body)
        fields = {"host": HOST, "content-length": str(sum(map(len, chunks))), **(headers or {})}
        target = f"/s3{path}" + (f"?{query}" if query else "")
        if is_signed:
            fields = self.sign(method, target, fields, b"".join(chunks), payload)
        return await call(self._app, method, target, fields.items(), chunks)

    def sign(
        self, method: str, target: str, fields: Mapping[str, str], body: bytes = b"", payload: str | None = None
    ) -> dict[str, str]:
        """Return the headers of a request with those of its signature."""
        request = AWSRequest(method, f"http://{HOST}{target}", headers=dict(fields), data=body)
        _Signer(self._credentials, payload).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}


class _Signer(S3SigV4Auth):
    def __init__(self, credentials: Credentials, payload: str | None) -> None:
        super().__init__(credentials, "s3", REGION)
        self._payload = payload

    def payload(self, request: AWSRequest) -> str:
        return super().payload(request) if self._payload is None else self._payload


async def call(
    app: ASGIApp, method: str, target: str, fields: Iterable[tuple[str, str]], chunks: Iterable[bytes] = ()
) -> Answer:
    """Call `app` with a request as it is: its target, its header lines, and its body in these chunks."""
    raw_path, _, query = target.encode("latin-1").partition(b"?")
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": raw_path.decode("latin-1"),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields],
        "client": ("192.0.2.1", 1234),
        "server": (HOST, 80),
        "state": {},
    }
    rest = [chunk for chunk in chunks if chunk] or [b""]
    messages: list[Any] = []

    async def receive() -> Any:
        if not rest:  # the client waits for the response
            await anyio.sleep_forever()
        return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest)}

    async def send(message: Any) -> None:
        messages.append(message)

    await app(scope, receive, send)
    head, *parts = messages
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head["headers"]}
    return Answer(head["status"], headers, b"".join(part.get("body", b"") for part in parts))
