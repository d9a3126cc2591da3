"""The form of keys' secrets, and how they are kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.crypto import ServiceSecrets
from domain.keys.model import IssuedKey, Key
from domain.keys.sealed import SecretKeeper
from domain.keys.secret import PATTERN, access_key_id_in, new_access_key_id, new_secret
from domain.secrets.errors import UnopenableError
from domain.values.ids import new_id
from tests.contracts.setup import PAST
from tests.support.clients import ROOT_KEY, SERVICE_SECRET


@pytest.fixture(scope="module")
def keeper() -> SecretKeeper:
    secrets = ServiceSecrets(SERVICE_SECRET)
    return SecretKeeper(secrets, secrets)


def test_a_secret_names_its_key_and_is_found_by_scanners_in_any_text() -> None:
    id_ = new_access_key_id()
    secret = new_secret(id_)
    assert access_key_id_in(secret) == id_
    text = f'{{"env": "KEY={secret}", "other": "fp_{"x" * 62}"}}\n# {secret}.'
    assert re.findall(rf"\b{PATTERN}\b", text) == [secret, secret]


def test_secrets_are_never_alike() -> None:
    secrets = {new_secret("0" * 12) for _ in range(1000)}
    assert len(secrets) == 1000
    # Each of the 43 random characters varies.
    assert all(len({secret[16 + index] for secret in secrets}) > 40 for index in range(43))


@given(position=st.integers(0, 64), character=st.sampled_from("0Az_-é "))
def test_one_changed_character_makes_it_no_secret(position: int, character: str) -> None:
    secret = new_secret("4fXk0Qz9TtWb")
    changed = secret[:position] + character + secret[position + 1 :]
    assert (access_key_id_in(changed) is None) == (changed != secret)


@pytest.mark.parametrize("text", ["", "fp_", ROOT_KEY, "fp_" + "é" * 62, "fp_4fXk0Qz9TtWb_" + "0" * 49, "\ud800"])
def test_other_texts_are_no_secrets(text: str) -> None:
    assert access_key_id_in(text) is None
    assert access_key_id_in(f"{new_secret('0' * 12)}\n") is None


def test_a_kept_secret_is_checked_and_opened_and_shows_nothing(keeper: SecretKeeper) -> None:
    id_, secret = new_id(), new_secret(new_access_key_id())
    kept = keeper.keep(secret, id_, version=1)
    assert keeper.is_of(secret, kept.code)
    assert not keeper.is_of(new_secret(new_access_key_id()), kept.code)
    assert keeper.open(kept, id_) == secret
    for part in (kept.code, kept.sealed):
        assert secret.encode() not in part
        assert secret[16:].encode() not in part


def test_a_sealed_secret_opens_for_its_own_key_and_version_alone(keeper: SecretKeeper) -> None:
    mine, other = new_id(), new_id()
    kept = keeper.keep(new_secret(new_access_key_id()), mine, version=1)
    with pytest.raises(UnopenableError):
        keeper.open(kept, other)
    swapped = keeper.keep(new_secret(new_access_key_id()), mine, version=2)
    with pytest.raises(UnopenableError):
        keeper.open(type(kept)(version=1, code=kept.code, sealed=swapped.sealed), mine)


def test_a_secret_is_not_in_what_is_printed_of_it() -> None:
    secret = new_secret(new_access_key_id())
    key = Key(id=new_id(), access_key_id="x", name="n", scopes=(), created_at=PAST)
    issued = IssuedKey(key=key, secret=secret)
    assert secret not in f"{issued!r}{issued.__rich_repr__()}"
