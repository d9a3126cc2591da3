"""Callers that sign their requests: the keys that they sign with, and what becomes of wrong ones."""

import hmac

import pytest

from domain.access.authenticate_signed import AuthenticateSigned, Signed
from domain.access.callers import ROOT
from domain.access.errors import TooManyFailuresError, UnknownAccessKeyError, WrongSignatureError
from domain.access.failed_authentications import FailedAuthentications
from domain.access.ports import SignerSource
from domain.access.root_key import RootKey
from domain.access.signers import MAX_DERIVED
from domain.keys.revoke_key import RevokeKey
from domain.keys.rotate_key import RotateKey
from domain.keys.secret import new_access_key_id
from tests.unit.keys.conftest import ADDRESS, Checking

FAILURES = 3


class Reversed:
    """A derivation that counts the secrets that it is given."""

    def __init__(self) -> None:
        self.secrets: list[str] = []

    def __call__(self, secret: str) -> bytes:
        self.secrets.append(secret)
        return secret[::-1].encode()


def authenticating(checking: Checking) -> AuthenticateSigned:
    sources: list[SignerSource] = [RootKey("the root key"), checking.source]
    return AuthenticateSigned(sources, FailedAuthentications(checking.clock, FAILURES))


async def sign(
    checking: Checking, id: str, secret: str, find: AuthenticateSigned, derive: Reversed | None = None
) -> Signed:
    expected = secret[::-1].encode()
    return await find(id, ADDRESS, derive or Reversed(), lambda key: hmac.compare_digest(key, expected))


async def test_who_signs_with_a_secret_is_its_key(checking: Checking) -> None:
    issued = await checking.make()
    signed = await sign(checking, issued.key.access_key_id, issued.secret, authenticating(checking))
    assert (signed.caller.id, signed.key) == (str(issued.key.id), issued.secret[::-1].encode())
    await checking.uses.record()
    assert checking.catalog.database.api_keys[issued.key.id].key.last_used_at is not None


async def test_who_signs_with_the_root_key_is_the_root(checking: Checking) -> None:
    assert (await sign(checking, "root", "the root key", authenticating(checking))).caller == ROOT


@pytest.mark.parametrize("id", ["", "Root", "é", "x" * 100_000, "fp_000000000000"])
async def test_what_is_no_access_key_id_is_not_looked_up(checking: Checking, id: str) -> None:
    with pytest.raises(UnknownAccessKeyError):
        await sign(checking, id, "the root key", authenticating(checking))
    assert checking.catalog.key_records.reads == 0


async def test_another_secret_is_refused_and_not_noted_as_a_use(checking: Checking) -> None:
    issued, other = await checking.make(), await checking.make()
    with pytest.raises(WrongSignatureError):
        await sign(checking, issued.key.access_key_id, other.secret, authenticating(checking))
    with pytest.raises(UnknownAccessKeyError):
        await sign(checking, new_access_key_id(), issued.secret, authenticating(checking))
    await checking.uses.record()
    assert checking.catalog.database.api_keys[issued.key.id].key.last_used_at is None


async def test_wrong_signatures_slow_their_address_down(checking: Checking) -> None:
    issued, find = await checking.make(), authenticating(checking)
    for _ in range(FAILURES):
        with pytest.raises(WrongSignatureError):
            await sign(checking, issued.key.access_key_id, "another", find)
    with pytest.raises(TooManyFailuresError):
        await sign(checking, issued.key.access_key_id, "another", find)
    with pytest.raises(TooManyFailuresError):
        await sign(checking, new_access_key_id(), "another", find)
    assert await sign(checking, issued.key.access_key_id, issued.secret, find)


async def test_both_secrets_sign_amid_a_rotation(checking: Checking) -> None:
    issued, find = await checking.make(), authenticating(checking)
    rotated = await RotateKey(checking.catalog.keys, checking.keeper)(ROOT, issued.key.id, overlap=60)
    checking.cache.forget_all()
    for secret in (rotated.secret, issued.secret):
        assert await sign(checking, issued.key.access_key_id, secret, find)
    checking.clock.advance(61)
    with pytest.raises(WrongSignatureError):
        await sign(checking, issued.key.access_key_id, issued.secret, find)


async def test_a_key_is_derived_once_and_forgotten_with_the_change_of_its_secret(checking: Checking) -> None:
    issued, find, derive = await checking.make(), authenticating(checking), Reversed()
    for _ in range(3):
        await sign(checking, issued.key.access_key_id, issued.secret, find, derive)
    assert derive.secrets == [issued.secret]
    await RevokeKey(checking.catalog.keys)(ROOT, issued.key.id)
    checking.cache.forget(issued.key.access_key_id)
    with pytest.raises(UnknownAccessKeyError):
        await sign(checking, issued.key.access_key_id, issued.secret, find, derive)


async def test_few_derived_keys_of_a_secret_are_remembered() -> None:
    root, derivations = RootKey("the root key"), [Reversed() for _ in range(MAX_DERIVED + 1)]
    for derive in (*derivations, derivations[-1], derivations[0]):
        await root.signer_of("root", ADDRESS, derive)
    assert [len(each.secrets) for each in derivations] == [2, *([1] * MAX_DERIVED)]
