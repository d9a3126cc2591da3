"""REDbot finds nothing: its probes of ranges, conditions, HEAD, codings and connections, at the bytes of files."""

import json
import sys
import zlib
from pathlib import Path

import httpx
import pytest

from tests.integration.outside import redbot_check
from tests.integration.outside.programs import run
from tests.support.clients import ROOT_KEY

FILES = "/v1/buckets/default/files"


def png(side: int) -> bytes:
    """Return a black square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    size = side.to_bytes(4) * 2
    pixels = zlib.compress((b"\0" + bytes(side)) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\0\0\0\0") + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("by", ["name", "id"])
@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("square.png", png(500), id="an image"),
        pytest.param("lines.txt", b"Is this the real life?\n" * 500, id="text"),
        pytest.param("nothing", b"", id="nothing"),
    ],
)
async def test_redbot_has_nothing_to_say_against_a_download(
    client: httpx.AsyncClient, tmp_path: Path, name: str, data: bytes, by: str
) -> None:
    # A file of its own: the dates of one that has just been replaced are not the last word for a second.
    name = f"{by}/{name}"
    stored = await client.put(f"{FILES}/{name}", content=data)
    path = f"{FILES}/{name}" if by == "name" else f"/v1/files/{stored.json()['id']}/content"
    status, printed = await run(
        *(sys.executable, Path(redbot_check.__file__), str(client.base_url.join(path)), ROOT_KEY), cwd=tmp_path
    )
    assert status == 0, printed
    found = json.loads(printed)
    assert (found["error"], found["status"], found["bad"]) == (None, 200, [])
    # Nothing has no part to ask for.
    assert (found["ranges"], found["entity tags"], found["dates"]) == (bool(data), True, True)
    assert {"INM_304", "IMS_304", "CL_CORRECT", *(["RANGE_CORRECT"] if data else [])} <= set(found["good"])
