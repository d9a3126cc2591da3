"""A client that sends a file in pieces, to as many servers as it takes, and remembers the acknowledged offset."""

import httpx

from tests.support.tus import BYTES, TUS, UPLOADS, encoded


class Sender:
    """Uploads `content` in pieces of `piece` bytes; as a part of a file where it has no `name`."""

    def __init__(self, content: bytes, *, piece: int, name: str | None = None) -> None:
        self.content = content
        self.path: str | None = None
        self.file_id: str | None = None
        self._name = name
        self._piece = piece
        self._acknowledged = 0

    async def send(self, client: httpx.AsyncClient) -> None:
        """Send the missing bytes."""
        if self.path is None:
            self.path = await self._begin(client)
        at = await self._find(client)
        while at < len(self.content):
            at = await self._add(client, at)

    async def _begin(self, client: httpx.AsyncClient) -> str:
        kind = {"Upload-Concat": "partial"} if self._name is None else {"Upload-Metadata": encoded(filename=self._name)}
        answer = await client.post(UPLOADS, headers={**TUS, **kind, "Upload-Length": str(len(self.content))})
        assert answer.status_code == 201, answer.text
        return httpx.URL(answer.headers["location"]).path

    async def _find(self, client: httpx.AsyncClient) -> int:
        answer = await client.head(str(self.path), headers=TUS)
        assert answer.status_code == 200, answer.status_code
        at = int(answer.headers["upload-offset"])
        assert at >= self._acknowledged, f"{self._acknowledged} bytes were acknowledged, {at} are there."
        self._note(answer, at)
        return at

    async def _add(self, client: httpx.AsyncClient, at: int) -> int:
        answer = await client.patch(
            str(self.path),
            content=self.content[at : at + self._piece],
            headers={**BYTES, "Upload-Offset": str(at)},
        )
        assert answer.status_code == 204, answer.text
        self._note(answer, int(answer.headers["upload-offset"]))
        return self._acknowledged

    def _note(self, answer: httpx.Response, at: int) -> None:
        self._acknowledged = at
        is_file = self._name is not None and at == len(self.content)
        assert ("fileport-file-id" in answer.headers) == is_file
        self.file_id = answer.headers.get("fileport-file-id")


class Joiner:
    """Uploads a file in two parts, and has them put together."""

    def __init__(self, content: bytes, *, piece: int, name: str) -> None:
        half = len(content) // 2
        self.content = content
        self.parts = [Sender(each, piece=piece) for each in (content[:half], content[half:])]
        self.path: str | None = None
        self.file_id: str | None = None
        self._name = name

    async def send(self, client: httpx.AsyncClient) -> None:
        """Send the missing bytes."""
        for part in self.parts:
            await part.send(client)
        if self.path is None:
            paths = " ".join(str(part.path) for part in self.parts)
            headers = {**TUS, "Upload-Concat": f"final;{paths}", "Upload-Metadata": encoded(filename=self._name)}
            answer = await client.post(UPLOADS, headers=headers)
            assert answer.status_code == 201, answer.text
            self.path = httpx.URL(answer.headers["location"]).path
        answer = await client.head(self.path, headers=TUS)
        assert answer.status_code == 200, answer.status_code
        self.file_id = answer.headers["fileport-file-id"]


async def end_all(client: httpx.AsyncClient) -> int:
    """End every upload that is under way, and return how many there were."""
    uploads = (await client.get(UPLOADS, params={"limit": 1000})).json()["items"]
    for each in uploads:
        answer = await client.delete(f"{UPLOADS}/{each['id']}", headers=TUS)
        assert answer.status_code == 204, answer.text
    return len(uploads)
