"""The image at work: one container, as its engine and its callers see it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import docker
import httpx
from docker.models.images import Image
from testcontainers.core.container import DockerContainer

from tests.support.clients import until_refused

TIMEOUT_SECONDS = 60
_CHECK_EVERY_NANOSECONDS = 1_000_000_000


class RunningImage:
    """A container that may do as little as the image promises to need: nothing is writable, nothing privileged."""

    def __init__(self, engine: docker.DockerClient, image: Image, environ: Mapping[str, str]) -> None:
        self._engine = engine
        self._begun = int(time.time())
        self._port = int(environ.get("FILEPORT_PORT", "8000"))
        self._key = environ.get("FILEPORT_ROOT_KEY", "")
        self._container = (
            DockerContainer(str(image.id))
            .with_envs(**environ)
            .with_exposed_ports(self._port)
            .with_kwargs(
                read_only=True,
                cap_drop=["ALL"],
                security_opt=["no-new-privileges:true"],
                # Where the other containers' ports are published, whatever the engine runs on.
                extra_hosts={"host.docker.internal": "host-gateway"},
                # The image's own check, only more often.
                healthcheck={"interval": _CHECK_EVERY_NANOSECONDS},
            )
        )
        self._container.start()
        self.inner = self._container.get_wrapped_container()

    def remove(self) -> None:
        self._container.stop()

    def client(self) -> httpx.AsyncClient:
        """A client that bears the root key."""
        host, port = self._container.get_container_host_ip(), self._container.get_exposed_port(self._port)
        return httpx.AsyncClient(
            base_url=f"http://{host}:{port}",
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )

    def logs(self) -> str:
        return self.inner.logs().decode()

    def exit_code(self) -> int:
        """Wait for its end."""
        return int(self.inner.wait(timeout=TIMEOUT_SECONDS)["StatusCode"])

    def until(self, state: str, is_it: Callable[[Mapping[str, Any]], bool]) -> None:
        """Wait for one of the engine's events about this container, which may have been before."""
        events = self._engine.events(
            since=self._begun,
            until=int(time.time()) + TIMEOUT_SECONDS,
            filters={"container": self.inner.id},
            decode=True,
        )
        with closing(events):
            if not any(is_it(event) for event in events):
                raise TimeoutError(f"It never was {state}. Its logs:\n{self.logs()}")

    def until_healthy(self) -> None:
        self.until("healthy", lambda event: event["Action"] == "health_status: healthy")

    async def stop(self) -> int:
        """Stop it as an engine does, with SIGTERM and timeout, and return its exit code."""
        await asyncio.to_thread(self.inner.stop, timeout=TIMEOUT_SECONDS)
        return await asyncio.to_thread(self.exit_code)

    async def until_draining(self) -> None:
        """Wait until new connections are refused."""
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await until_refused(self.client)
