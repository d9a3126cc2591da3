"""The settings of the identity provider are checked whole, and a wrong one is named in one line."""

from pathlib import Path

import pytest

from service.environment import SettingsError
from service.settings import read_settings
from service.token_settings import TokenSettings
from tests.support.identity_provider import pem, private_key

SOUND = {
    "FILEPORT_JWT_ISSUER": "https://id.example/realms/a",
    "FILEPORT_JWT_AUDIENCE": "fileport",
    "FILEPORT_JWT_JWKS_URL": "https://id.example/realms/a/certs",
}


def test_without_any_of_them_there_is_no_identity_provider() -> None:
    assert read_settings({}).tokens is None
    assert read_settings({"FILEPORT_JWT_ISSUER": ""}).tokens is None


def test_all_of_them_are_read() -> None:
    environ = {
        **SOUND,
        "FILEPORT_JWT_ALGORITHMS": "ES256, ES384",
        "FILEPORT_JWT_SCOPES_CLAIM": "https://a.example/scopes",
    }
    assert read_settings(environ).tokens == TokenSettings(
        issuer="https://id.example/realms/a",
        audience="fileport",
        jwks_url="https://id.example/realms/a/certs",
        public_key=None,
        algorithms=("ES256", "ES384"),
        scopes_claim="https://a.example/scopes",
    )


def test_algorithm_and_claim_have_defaults() -> None:
    tokens = read_settings(SOUND).tokens
    assert tokens is not None
    assert (tokens.algorithms, tokens.scopes_claim) == (("RS256",), "fileport_scopes")


def test_a_public_key_stands_in_a_file_as_well(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(pem(private_key()))
    without = {**SOUND, "FILEPORT_JWT_JWKS_URL": ""}
    for form, value in (("JWT_PUBLIC_KEY", pem(private_key())), ("JWT_PUBLIC_KEY_FILE", str(tmp_path / "key.pem"))):
        tokens = read_settings({**without, f"FILEPORT_{form}": value}).tokens
        assert tokens is not None
        assert tokens.public_key == pem(private_key()).strip()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/jwks", "http://localhost/jwks", "http://[::1]/jwks", "https://id/jwks"]
)
def test_keys_come_over_https_or_from_this_machine(url: str) -> None:
    assert read_settings({**SOUND, "FILEPORT_JWT_JWKS_URL": url}).tokens


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ISSUER": ""}, "FILEPORT_JWT_ISSUER is missing"),
        ({"AUDIENCE": ""}, "FILEPORT_JWT_AUDIENCE is missing"),
        ({"ISSUER": "two words"}, "FILEPORT_JWT_ISSUER has"),
        ({"AUDIENCE": "ä"}, "FILEPORT_JWT_AUDIENCE has"),
        ({"JWKS_URL": ""}, "FILEPORT_JWT_JWKS_URL and FILEPORT_JWT_PUBLIC_KEY: neither"),
        ({"PUBLIC_KEY": pem(private_key())}, "FILEPORT_JWT_JWKS_URL and FILEPORT_JWT_PUBLIC_KEY: both"),
        ({"JWKS_URL": "", "PUBLIC_KEY": "hunter2"}, "FILEPORT_JWT_PUBLIC_KEY: "),
        ({"JWKS_URL": "", "PUBLIC_KEY": pem(private_key("first", "EC"))}, "FILEPORT_JWT_PUBLIC_KEY: "),
        ({"JWKS_URL": "http://id.example/jwks"}, "FILEPORT_JWT_JWKS_URL begins"),
        ({"JWKS_URL": "http://127.0.0.1.evil.example/jwks"}, "FILEPORT_JWT_JWKS_URL begins"),
        ({"JWKS_URL": "http://localhost@evil.example/jwks"}, "FILEPORT_JWT_JWKS_URL begins"),
        ({"JWKS_URL": "http://10.0.0.1/jwks"}, "FILEPORT_JWT_JWKS_URL begins"),
        ({"JWKS_URL": "https:///jwks"}, "FILEPORT_JWT_JWKS_URL begins"),
        ({"JWKS_URL": "file:///etc/jwks"}, "FILEPORT_JWT_JWKS_URL is not"),
        ({"ALGORITHMS": "RS256,HS256"}, "FILEPORT_JWT_ALGORITHMS is not"),
        ({"ALGORITHMS": "HS256"}, "FILEPORT_JWT_ALGORITHMS is not"),
        ({"ALGORITHMS": "RS256,ES256"}, "FILEPORT_JWT_ALGORITHMS is not"),
        ({"ALGORITHMS": "none"}, "FILEPORT_JWT_ALGORITHMS is not"),
        ({"ALGORITHMS": ","}, "FILEPORT_JWT_ALGORITHMS is not"),
    ],
)
def test_a_wrong_one_is_named_in_one_line(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({**SOUND, **{f"FILEPORT_JWT_{name}": value for name, value in changes.items()}})
    message = str(raised.value)
    assert message.startswith(named)
    assert "\n" not in message
    assert "hunter2" not in message


def test_a_scopes_claim_alone_is_told_of_what_is_missing() -> None:
    with pytest.raises(SettingsError, match=r"^FILEPORT_JWT_ISSUER is missing"):
        read_settings({"FILEPORT_JWT_SCOPES_CLAIM": "scopes"})
