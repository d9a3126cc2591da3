"""Tokens of links: the part of their addresses that nobody can guess."""

import hashlib
import hmac
import secrets
from datetime import datetime

import msgspec

# In bytes.
_RANDOM = 32
TICKET_SECONDS = 3600


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """The password and the downloads of a link's client within the last hour. It stands in the link's cookie.

    It is good until `until`, in seconds since the epoch; None is an hour from when it is signed.
    """

    has_password: bool = False
    has_begun: bool = False
    until: int | None = None


NO_TICKET = Ticket()


def new_token() -> str:
    """Return a fresh token: 256 random bits, fit for a URL."""
    return secrets.token_urlsafe(_RANDOM)


def new_ticket_secret() -> bytes:
    """Return the secret of a link that its tickets are signed with, together with its token."""
    return secrets.token_bytes(_RANDOM)


def hash_of(token: str) -> bytes:
    """Return the hash that a token is found by. It needs no salt and no key: nobody can try 2^256 tokens."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def handle_of(token: str) -> str:
    """Return a name for a link that tells nothing of its token: for realms and cookies."""
    return hashlib.sha256(b"handle:" + hash_of(token)).hexdigest()[:16]


def sign_ticket(ticket: Ticket, token: str, secret: bytes, *, now: datetime) -> str:
    """Return the ticket as a text that is good with this link alone."""
    until = int(now.timestamp()) + TICKET_SECONDS if ticket.until is None else ticket.until
    fields = f"{until}.{int(ticket.has_password)}{int(ticket.has_begun)}"
    return f"{fields}.{_signature(fields, token, secret)}"


def read_ticket(text: str, token: str, secret: bytes, *, now: datetime) -> Ticket:
    """Return the ticket in a text that `sign_ticket` has made, an empty one for any other text."""
    fields, _, signature = text.rpartition(".")
    expected = _signature(fields, token, secret)
    if not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), expected.encode()):
        return NO_TICKET
    until, _, flags = fields.partition(".")
    if int(until) <= now.timestamp():
        return NO_TICKET
    return Ticket(has_password=flags[0] == "1", has_begun=flags[1] == "1", until=int(until))


def _signature(fields: str, token: str, secret: bytes) -> str:
    # The catalog keeps the secret and not the token, and the bearer has the token alone: each needs the other to sign.
    return hmac.new(secret + hash_of(f"ticket:{token}"), fields.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
