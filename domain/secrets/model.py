"""Credentials for the database, as kept in a secret, and the purposes of the service secret."""

from typing import Annotated, Literal

import msgspec

from domain.secrets.errors import SecretUnavailableError

# A key is derived for each, so that data made for one purpose is useless for another.
Purpose = Literal["cursors", "key hashes", "links", "tickets"]
# Data made with a service secret begins with the id of that secret.
SECRET_ID_BYTES = 4
MAC_BYTES = SECRET_ID_BYTES + 32

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """A database's user and password. It never shows the password."""

    username: _Text
    password: _Text

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, password=...)"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("username", self.username)]


def parse_credentials(secret: str) -> Credentials:
    """Return the `username` and `password` of RDS's JSON form; its other fields do not matter.

    Raises `SecretUnavailableError` for any other secret, and quotes nothing of it.
    """
    try:
        return msgspec.json.decode(secret, type=Credentials)
    except (msgspec.DecodeError, UnicodeError):
        # Unchained: the decoder's message may quote the secret.
        raise SecretUnavailableError("The secret is no JSON object with a username and a password.") from None
