"""Schemathesis finds nothing: the service keeps its OpenAPI document's promises, whatever the request."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

import tests
from tests.harness.profiles import is_long
from tests.integration.outside import schemathesis_checks
from tests.integration.outside.programs import run
from tests.support.clients import ROOT_KEY
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import serving

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

# `coverage` tries each value of each schema, which of filters takes 11,300 requests; `fuzzing` tries some of them.
BRIEF = """
[[operations]]
include-path = "/v1/files"
phases.coverage.enabled = false
"""


async def test_the_service_is_what_its_document_says(
    request: pytest.FixtureRequest, short_dir: Path, tmp_path: Path
) -> None:
    # As the state machine: always the same requests, or with the profile `long` many and other ones.
    examples = settings().max_examples if is_long() else 5
    configuration = tmp_path / CONFIGURATION.name
    configuration.write_text(CONFIGURATION.read_text() + ("" if is_long() else BRIEF))
    environ = {**EmbeddedStack(short_dir).environ, "FILEPORT_LOG_LEVEL": "warning"}
    async with serving(environ) as server, server.client() as client:
        for bucket in ("music", "archive"):
            assert (await client.put(f"/v1/buckets/{bucket}", json={})).status_code == 201
        status, printed = await run(
            *(SCHEMATHESIS, "--config-file", configuration, "run", f"{server.url}/schema/openapi.json"),
            *("--max-examples", str(examples), "--seed", str(request.config.getoption("--hypothesis-seed") or 1)),
            "--no-color",
            cwd=tmp_path,
            environ={
                **os.environ,
                "FILEPORT_ROOT_KEY": ROOT_KEY,
                "SCHEMATHESIS_HOOKS": schemathesis_checks.__name__,
                "PYTHONPATH": str(Path(tests.__file__).parents[1]),
            },
        )
        print(printed)  # noqa: T201 - its report, for `pytest -s`
        assert status == 0, printed
        assert [line for line in server.lines if line["level"] != "info"] == []
