"""tus-js-client in Node: it uploads a file to any endpoint."""

import hashlib
import json
import random
import shutil
from pathlib import Path
from typing import Any

import httpx

from tests.integration.outside.conftest import skip_unless_required
from tests.integration.outside.programs import run
from tests.support.clients import ROOT_KEY

HERE = Path(__file__).with_name("tus_js")
TUS_JS = HERE / "node_modules" / "tus-js-client"
MIB = 1024**2
CONTENT = random.Random(11).randbytes(20 * MIB + 3)

_NODE = shutil.which("node")


def require_tus_js() -> None:
    """Skip where tus-js-client could not be installed, unless it is required."""
    if _NODE is None or not TUS_JS.is_dir():
        skip_unless_required("There is no Node, or no npm to install tus-js-client.", "FILEPORT_REQUIRE_NODE")


async def upload(endpoint: str, path: Path, **options: object) -> dict[str, Any]:
    """Run tus-js-client on the file, and return what it tells. It keeps the URLs of uploads beside the file."""
    job = {
        "endpoint": endpoint,
        "key": ROOT_KEY,
        "path": str(path),
        "uploads": str(path.with_suffix(".json")),
        "metadata": {"filename": path.name, "tags": "rock, album", "metadata": '{"year": 1975}'},
        **options,
    }
    return await run_node("upload.mjs", job, path)


async def run_node(script: str, job: dict[str, Any], path: Path) -> dict[str, Any]:
    """Run a script of `tus_js` beside the file, and return the JSON that it prints."""
    assert _NODE is not None
    status, printed = await run(_NODE, HERE / script, json.dumps(job), cwd=path.parent)
    assert status == 0, printed
    return dict(json.loads(printed))


async def assert_stored(client: httpx.AsyncClient, file_id: str, *, name: str, content: bytes) -> dict[str, Any]:
    """Check that there is a file of that id, name and content, and return its record."""
    file = (await client.get(f"/v1/files/{file_id}")).json()
    assert (file["name"], file["size"], file["sha256"]) == (name, len(content), hashlib.sha256(content).hexdigest())
    assert (await client.get(f"/v1/files/{file_id}/content")).content == content
    return dict(file)
