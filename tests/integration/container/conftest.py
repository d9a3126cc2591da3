"""The image, built once for a session, and the session's Postgres and LocalStack."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import aioboto3
import asyncpg
import docker
import pytest
from docker.models.images import Image

from tests.integration.container.running import TIMEOUT_SECONDS, RunningImage
from tests.support.parts.containers import LocalStack

Run: TypeAlias = Callable[[Mapping[str, str]], RunningImage]


@pytest.fixture(scope="session")
def engine(docker_engine: None) -> Iterator[docker.DockerClient]:
    with closing(docker.from_env(timeout=2 * TIMEOUT_SECONDS)) as engine:
        yield engine


@pytest.fixture(scope="session")
def image(engine: docker.DockerClient) -> Image:
    """The image of this tree. The engine's cache keeps the layers of the last build."""
    built, _ = engine.images.build(path=str(Path(__file__).parents[3]), tag="fileport:tests", rm=True, timeout=1200)
    return built


@pytest.fixture(scope="session")
async def environ(image: Image, postgres_container: str, localstack: LocalStack) -> dict[str, str]:
    """Settings of a deployment of its own: a database with a role that may do no more than own it, and a bucket."""
    name = f"image_{secrets.token_hex(4)}"
    password, root_key, service_secret, aws_secret = (secrets.token_hex(16) for _ in range(4))
    connection = await asyncpg.connect(postgres_container)
    await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    await connection.execute(f"CREATE DATABASE {name} OWNER {name}")
    await connection.close()
    session = aioboto3.Session(
        aws_access_key_id=localstack.access_key_id,
        aws_secret_access_key=aws_secret,
        region_name=localstack.region,
    )
    bucket = name.replace("_", "-")
    async with session.client("s3", endpoint_url=localstack.endpoint_url) as s3:
        await s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return {
        "FILEPORT_DATABASE_URL": (
            f"postgresql://{name}:{password}@host.docker.internal:{urlsplit(postgres_container).port}/{name}"
        ),
        "FILEPORT_S3_BUCKET": bucket,
        "FILEPORT_S3_ENDPOINT_URL": f"http://host.docker.internal:{urlsplit(localstack.endpoint_url).port}",
        "FILEPORT_S3_REGION": localstack.region,
        "FILEPORT_S3_TIMEOUT": "30",
        "FILEPORT_ROOT_KEY": root_key,
        "FILEPORT_SERVICE_SECRET": service_secret,
        "AWS_ACCESS_KEY_ID": localstack.access_key_id,
        "AWS_SECRET_ACCESS_KEY": aws_secret,
    }


@pytest.fixture
def run(engine: docker.DockerClient, image: Image) -> Iterator[Run]:
    """Runs the image with the settings given."""
    with ExitStack() as running:

        def run(environ: Mapping[str, str]) -> RunningImage:
            started = RunningImage(engine, image, environ)
            running.callback(started.remove)
            return started

        yield run


@pytest.fixture(scope="package")
def service(engine: docker.DockerClient, image: Image, environ: dict[str, str]) -> Iterator[RunningImage]:
    """A container that serves for all of the package."""
    running = RunningImage(engine, image, environ)
    try:
        running.until_healthy()
        yield running
    finally:
        running.remove()
