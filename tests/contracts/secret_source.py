"""The contract of `domain.secrets.ports.SecretSource`."""

from typing import Protocol
from uuid import uuid4

import pytest

from domain.secrets.errors import SecretUnavailableError
from domain.secrets.ports import SecretSource


class Keep(Protocol):
    async def __call__(self, id: str, text: str) -> None:
        """Make `text` the current one of the secret, be it new or not."""


class TestSecretSource:
    """Asks for `source` and `keep`."""

    @pytest.fixture
    def id(self) -> str:
        return f"secret-{uuid4().hex}"

    @pytest.mark.parametrize("text", ["hunter2", '{"username": "u", "password": "p"}', "пароль 密码 🔑\n"])
    async def test_a_secret_is_read_as_it_is(self, source: SecretSource, id: str, text: str, keep: Keep) -> None:
        await keep(id, text)
        assert await source.get_secret(id) == text

    async def test_a_rotated_secret_is_seen_at_once(self, source: SecretSource, id: str, keep: Keep) -> None:
        await keep(id, "old")
        assert await source.get_secret(id) == "old"
        await keep(id, "new")
        assert await source.get_secret(id) == "new"

    async def test_a_secret_that_does_not_exist_is_unavailable(self, source: SecretSource, id: str) -> None:
        with pytest.raises(SecretUnavailableError) as raised:
            await source.get_secret(id)
        assert id not in raised.value.detail
