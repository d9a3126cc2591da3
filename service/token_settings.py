"""The settings `FILEPORT_JWT_…`: the identity provider whose tokens are taken."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from service.environment import PREFIX, Environment, SettingsError

_REQUIRED = ("JWT_ISSUER", "JWT_AUDIENCE")
_TEXT = re.compile(r"[!-~]{1,512}")


class TokenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The identity provider. Either its key set is at `jwks_url`, or its one key is `public_key`, PEM text."""

    issuer: str
    audience: str
    jwks_url: str | None
    public_key: str | None
    algorithms: tuple[str, ...]
    scopes_claim: str


def read_token_settings(environment: Environment) -> TokenSettings | None:
    """Return the settings, None where there is no identity provider. Raises `SettingsError`."""
    issuer, audience = (environment.text(name) for name in _REQUIRED)
    jwks_url = environment.url("JWT_JWKS_URL", {"http", "https"})
    public_key = environment.secret("JWT_PUBLIC_KEY", is_in_manager=False)
    algorithms = environment.text("JWT_ALGORITHMS")
    scopes_claim = environment.text("JWT_SCOPES_CLAIM")
    given = (issuer, audience, jwks_url, public_key, algorithms, scopes_claim)
    if not any(given):
        return None
    for name, value in zip(_REQUIRED, (issuer, audience), strict=True):
        if value is None or not _TEXT.fullmatch(value):
            raise SettingsError(
                f"{PREFIX}{name} is missing, though another {PREFIX}JWT setting is there."
                if value is None
                else f"{PREFIX}{name} has more than 512 characters, or some that are not visible ASCII."
            )
    if (jwks_url is None) == (public_key is None):
        wrong = "neither is set" if jwks_url is None else "both are set"
        raise SettingsError(f"{PREFIX}JWT_JWKS_URL and {PREFIX}JWT_PUBLIC_KEY: {wrong}, and tokens need one of them.")
    if jwks_url is not None and not _is_safe(jwks_url):
        raise SettingsError(f"{PREFIX}JWT_JWKS_URL begins with https://; http:// is for this machine's own addresses.")
    settings = TokenSettings(
        issuer=str(issuer),
        audience=str(audience),
        jwks_url=jwks_url,
        public_key=public_key,
        algorithms=tuple(each.strip() for each in (algorithms or "RS256").split(",") if each.strip()),
        scopes_claim=scopes_claim or "fileport_scopes",
    )
    _check_keys(settings)
    return settings


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None:
        return False
    if parts.scheme == "https":
        return True
    try:
        return parts.hostname == "localhost" or ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def _check_keys(settings: TokenSettings) -> None:
    from adapters.tokens import StaticKey, UnusableKeyError, check_algorithms  # noqa: PLC0415 - only tokens need it

    try:
        check_algorithms(settings.algorithms)
    except ValueError as error:
        raise SettingsError(f"{PREFIX}JWT_ALGORITHMS is not {error}.") from None
    if settings.public_key is not None:
        try:
            StaticKey(settings.public_key, settings.algorithms)
        except UnusableKeyError as error:
            raise SettingsError(f"{PREFIX}JWT_PUBLIC_KEY: {error}") from None
