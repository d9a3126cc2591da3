"""The AWS SDK for JavaScript, in Node."""

import random
import shutil
from pathlib import Path

import httpx

from tests.integration.outside.conftest import skip_unless_required
from tests.integration.outside.programs import run
from tests.integration.outside.s3.conftest import Account

HERE = Path(__file__).with_name("js")
NODE = shutil.which("node")


async def test_the_sdk_uses_a_bucket(account: Account, tmp_path: Path) -> None:
    if NODE is None or not (HERE / "node_modules" / "@aws-sdk").is_dir():
        skip_unless_required("There is no Node, or no npm to install AWS's SDK.", "FILEPORT_REQUIRE_NODE")
    large = tmp_path / "large"
    large.write_bytes(random.Random(8).randbytes(20 * 1024**2 + 7))
    status, printed = await run(str(NODE), HERE / "use.mjs", account.endpoint, large, cwd=HERE, environ=account.environ)
    assert status == 0, printed
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(printed.split()[-1])).text == "text"
