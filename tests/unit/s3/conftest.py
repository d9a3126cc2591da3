"""Clients of the S3 protocol on the fakes."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from domain.access.scopes import Scope
from tests.support.clients import client_of
from tests.support.fake_service import Service
from tests.support.s3 import S3Client


@pytest.fixture
def s3(service: Service) -> S3Client:
    """A client that signs with the root key."""
    return S3Client(service.app)


@pytest.fixture
def scoped(service: Service) -> Callable[..., Awaitable[S3Client]]:
    """Make a client that signs with a key of the given scopes."""

    async def make(*scopes: Scope) -> S3Client:
        async with client_of(service.app) as root:
            asked = {"name": "tester", "scopes": msgspec.to_builtins(scopes)}
            made = (await root.post("/v1/keys", json=asked)).raise_for_status().json()
        return S3Client(service.app, made["access_key_id"], made["secret"])

    return make
