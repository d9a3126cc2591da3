"""The requests of a client that uploads directly, and the time that passes."""

from typing import Any

import httpx

from tests.fakes.blobs.direct_access import FakeDirectAccess, Found
from tests.support.fake_service import Service
from tests.support.reaper import reaper

UPLOADS = "/v1/direct-uploads"
BUCKET = "/v1/buckets/default"
PART = 5 * 1024 * 1024
LIFE = 86_400
URL_LIFE = 900
Json = dict[str, Any]


async def begin(client: httpx.AsyncClient, content: bytes = b"0123456789", **fields: object) -> Json:
    """Open an upload of a file with that content."""
    asked = {"bucket": "default", "name": "a.txt", "size": len(content), **fields}
    answer = await client.post(UPLOADS, json=asked)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def send(direct: FakeDirectAccess, upload: Json, content: bytes, *numbers: int) -> list[Found]:
    """Send the parts of these numbers to the store, all that the answer has by default."""
    size = upload["part_size"]
    return [
        direct.send(part["method"], part["url"], content[(part["number"] - 1) * size : part["number"] * size])
        for part in upload["parts"]["items"]
        if not numbers or part["number"] in numbers
    ]


async def complete(client: httpx.AsyncClient, upload: Json) -> httpx.Response:
    return await client.post(f"{UPLOADS}/{upload['id']}/complete")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def reap_after(service: Service, seconds: float) -> None:
    """Let time pass, and the reaper do what is due then."""
    service.clock.advance(seconds)
    async for _ in reaper(service.catalog, service.blobs)():
        pass
