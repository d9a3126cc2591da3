"""The fake secret source keeps the port's contract."""

import pytest

from tests.contracts.secret_source import Keep, TestSecretSource
from tests.fakes.secrets import FakeSecretSource

__all__ = ["TestSecretSource"]


@pytest.fixture
def source() -> FakeSecretSource:
    return FakeSecretSource()


@pytest.fixture
def keep(source: FakeSecretSource) -> Keep:
    async def keep(id: str, text: str) -> None:
        source.secrets[id] = text

    return keep
