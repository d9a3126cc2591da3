"""S3: the stand-in, and LocalStack where Docker answers."""

import asyncio
import os
import shutil
import subprocess
import time
from pathlib import Path

import aioboto3
from botocore.exceptions import BotoCoreError, ClientError

from bench.ceilings.s3 import BUCKET
from bench.clients.connection import HOST
from bench.machine import Cores
from bench.processes import Program, StartError, environment, free_port, python_program

_LOCALSTACK = "localstack/localstack:4.14.0"
_PORT = "4566"
# So that it starts without the internet.
_SETTINGS = ("SERVICES=s3", "DISABLE_EVENTS=1", "SKIP_SSL_CERT_DOWNLOAD=1")
_START_SECONDS = 90


class StandIn:
    """The stand-in, on the processors of the clients: it is not what is measured."""

    def __init__(self, directory: Path, cores: Cores) -> None:
        port = free_port()
        self.endpoint_url = f"http://{HOST}:{port}"
        command = python_program("-m", "bench.s3_stand_in", str(port))
        self._program = Program(command, environment(), directory / "s3.log", cores.client)
        self._program.wait_for(port, "", {})

    def stop(self) -> None:
        self._program.stop()


class LocalStack:
    """LocalStack in a container. Raises `StartError` where that cannot be had."""

    def __init__(self) -> None:
        settings = (word for setting in _SETTINGS for word in ("--env", setting))
        self._container = _docker("run", "--detach", "--rm", "--publish", f"{HOST}::{_PORT}", *settings, _LOCALSTACK)
        try:
            port = _docker("port", self._container, _PORT).splitlines()[0].rpartition(":")[2]
            self.endpoint_url = f"http://{HOST}:{port}"
            asyncio.run(_make_bucket(self.endpoint_url))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        _docker("stop", "--time", "5", self._container)


def _docker(*words: str) -> str:
    docker = shutil.which("docker")
    if docker is None:
        raise StartError("Docker is not installed.")
    ran = subprocess.run([docker, *words], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise StartError(f"Docker does not answer as it should: {ran.stderr.strip()[-300:]}")
    return ran.stdout.strip()


async def _make_bucket(endpoint_url: str) -> None:
    """Make the bucket as soon as the store answers."""
    os.environ |= {name: value for name, value in environment().items() if name.startswith("AWS_")}
    until = time.monotonic() + _START_SECONDS
    async with aioboto3.Session().client("s3", endpoint_url=endpoint_url) as client:
        while True:
            try:
                await client.create_bucket(Bucket=BUCKET)
            except (BotoCoreError, ClientError) as error:
                if time.monotonic() > until:
                    raise StartError(f"LocalStack does not answer: {error}") from error
                await asyncio.sleep(0.5)
            else:
                return
