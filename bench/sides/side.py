"""A side that is asked over HTTP."""

import hashlib
import random

import msgspec

from bench.clients.connection import Connection, request
from bench.clients.requests import LoadError, Requests
from bench.clients.transfer import MEBIBYTE, Target, upload
from bench.processes import Program

KEY = "a-key-that-only-this-bench-knows"
SMALL, MEDIUM = 1024, 64 * 1024
# A large file is this, again and again.
CHUNK = random.Random(1).randbytes(MEBIBYTE)
_LARGE = "samples/large"


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """Paths for the same work on different sides. `{name}` and `{id}` stand for those of a file."""

    nothing: str
    upload: str = ""
    metadata: str = ""
    content: str = ""
    named: str = ""
    page: str = ""


class Side:
    """A server that runs."""

    def __init__(self, name: str, program: Program, port: int, api: Api, *, has_key: bool = True) -> None:
        self.name = name
        self.program = program
        self.port = port
        self.api = api
        self.headers = {"Authorization": f"Bearer {KEY}"} if has_key else {}
        self._ids: dict[int, list[str]] = {}
        self._has_large_file = False

    async def fill(self, size: int, count: int) -> None:
        """Upload files of `size` bytes, and check that one comes back."""
        if size in self._ids:
            return
        body = body_of(size)
        connection = await Connection.open(self.port)
        fields = {name.replace("-", "_"): value for name, value in self.headers.items()}
        ids = []
        for number in range(count):
            path = self.api.upload.format(name=sample_name(size, number))
            head = request("PUT", path, Content_Length=str(len(body)), **fields)
            ids.append(msgspec.json.decode(await connection.ask(head, body))["id"])
        back = await connection.ask(request("GET", self.api.content.format(id=ids[0]), **fields))
        await connection.close()
        if hashlib.sha256(back).digest() != hashlib.sha256(body).digest():
            raise LoadError(f"{self.name} gives back other bytes than it got.")
        self._ids[size] = ids

    def ids(self, size: int) -> list[str]:
        return self._ids[size]

    def get(self, *paths: str) -> Requests:
        return Requests(port=self.port, paths=paths, headers=self.headers)

    def put(self, path: str, body: bytes) -> Requests:
        headers = self.headers | {"Content-Type": "application/octet-stream"}
        return Requests(port=self.port, paths=(path,), headers=headers, method="PUT", body=body)

    def target(self, path: str) -> Target:
        return Target(port=self.port, path=path, headers=self.headers)

    def large_file(self, mebibytes: int) -> Target:
        """Return where a large file is read, which is uploaded where that was not done yet."""
        if not self.api.named:
            return self.target(self.api.content)
        if not self._has_large_file:
            upload(self.target(self.api.upload.format(name=_LARGE)), CHUNK, mebibytes)
            self._has_large_file = True
        return self.target(self.api.named.format(name=_LARGE))

    def stop(self) -> None:
        self.program.stop()


def body_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def sample_name(size: int, number: int) -> str:
    return f"samples/{size}/{number}"
