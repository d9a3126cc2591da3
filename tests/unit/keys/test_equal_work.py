"""Wrong keys of every kind take the same work, and so tell nothing by the time that they take."""

import pytest

from domain.access.callers import ROOT
from domain.keys.rotate_key import RotateKey
from domain.keys.sealed import SecretKeeper
from domain.keys.secret import new_access_key_id, new_secret
from tests.unit.keys.conftest import Checking


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The secrets that a code was computed of."""
    checked: list[str] = []
    is_of = SecretKeeper.is_of

    def counted(self: SecretKeeper, secret: str, code: bytes) -> bool:
        checked.append(secret)
        return is_of(self, secret, code)

    monkeypatch.setattr(SecretKeeper, "is_of", counted)
    return checked


async def test_a_wrong_secret_costs_two_codes_whatever_its_key_is(checking: Checking, checks: list[str]) -> None:
    plain, rotated, revoked = await checking.make(), await checking.make(), await checking.make()
    await RotateKey(checking.catalog.keys, checking.keeper)(ROOT, rotated.key.id, overlap=60)
    await checking.catalog.keys.revoke_key(ROOT, revoked.key.id)
    wrong = {
        "no key": new_access_key_id(),
        "a key": plain.key.access_key_id,
        "a key with two secrets": rotated.key.access_key_id,
        "a revoked key": revoked.key.access_key_id,
    }
    for kind, access_key_id in wrong.items():
        for _ in range(2):  # the second time it is known
            checks.clear()
            assert await checking.caller_of(new_secret(access_key_id)) is None
            assert len(checks) == 2, kind
