"""Small requests by wrk, of which one thread can ask a server of ours for more than it can do."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.clients.connection import HOST
from bench.clients.requests import LoadError, Requests
from bench.reporting.samples import Sample

MISSING = "wrk is not installed (Debian: apt-get install wrk); with --tiny the bench uses a client of its own."
_SCRIPT = Path(__file__).with_name("wrk.lua")
_MICROSECONDS = 1_000_000


def is_installed() -> bool:
    return shutil.which("wrk") is not None


def measure(requests: Requests, *, connections: int, seconds: float) -> Sample:
    """Ask for `seconds`, rounded to whole ones, and return the rate in requests a second. Raises `LoadError`."""
    with tempfile.TemporaryDirectory(prefix="fp-wrk-") as directory:
        _describe(requests, Path(directory))
        url = f"http://{HOST}:{requests.port}"
        limits = (f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout=10s")
        ran = subprocess.run(
            ["wrk", "-t1", *limits, "-s", str(_SCRIPT), url],  # noqa: S607
            env=os.environ | {"BENCH_REQUESTS": directory},
            capture_output=True,
            text=True,
            check=False,
        )
    lines = [line.removeprefix("BENCH ") for line in ran.stdout.splitlines() if line.startswith("BENCH ")]
    if ran.returncode != 0 or len(lines) != 1:
        raise LoadError(f"wrk failed: {ran.stdout}{ran.stderr}")
    told = json.loads(lines[0])
    if told["status"] or told["other"] or not told["requests"]:
        raise LoadError(f"{requests.method} {requests.paths[0]} failed: {lines[0]}")
    return Sample(
        value=told["requests"] / told["microseconds"] * _MICROSECONDS,
        count=told["requests"],
        latencies={name: value / _MICROSECONDS for name, value in told["latencies"].items()},
    )


def _describe(requests: Requests, directory: Path) -> None:
    headers = {"Host": HOST, **requests.headers}
    if requests.method not in {"GET", "HEAD"}:
        headers["Content-Length"] = str(len(requests.body))
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    (directory / "head.txt").write_bytes(f"{requests.method} @ HTTP/1.1\r\n{fields}\r\n".encode())
    lines = (
        "\t".join([path, *(f"{name}: {value}" for name, value in own.items())])
        for path, own in zip(requests.paths, requests.own_fields(), strict=True)
    )
    (directory / "paths.txt").write_text("\n".join(lines))
    (directory / "body.bin").write_bytes(requests.body)
