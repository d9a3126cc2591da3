"""The callers with a token of the identity provider."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from time import time

import msgspec

from adapters.tokens.ports import TokenKeys
from adapters.tokens.verification import LEEWAY, RefusedTokenError, TokenRules, is_token, read_claims, read_header
from domain.access.callers import Caller
from domain.access.scopes import Permissions
from domain.values.clock import Clock

# How long, in seconds, and for how many tokens a verification is remembered, which takes as long as a small request.
REMEMBERED_SECONDS = 60.0
MAX_REMEMBERED = 4096


class _Verified(msgspec.Struct, frozen=True):
    caller: Caller
    version: int
    until: float


class TokenSource:
    """Keep the ports `CredentialSource` and `Rights`: a token makes its subject a caller of the kind `token`.

    The caller's id is the issuer and the subject with a space between; an issuer has none. `on_refusal` is called with
    the reason why a text in the form of a token is not valid. There is `room` for so many verified tokens.
    """

    def __init__(
        self,
        rules: TokenRules,
        keys: TokenKeys,
        clock: Clock,
        *,
        on_refusal: Callable[[str], None] = lambda _: None,
        room: int = MAX_REMEMBERED,
    ) -> None:
        self._rules = rules
        self._keys = keys
        self._clock = clock
        self._on_refusal = on_refusal
        self._room = room
        # By the hash of the token: a memory dump holds no tokens of the past.
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    async def caller_of(self, credential: str, _: str, /) -> Caller | None:
        """As the port has it. Raises `IdentityProviderUnavailableError` as long as no keys have been had."""
        if not is_token(credential):
            return None
        digest = sha256(credential.encode()).digest()
        if caller := self._remembered(digest):
            return caller
        try:
            header = read_header(credential, self._rules)
            key = await self._keys.find(header.key_id, header.algorithm)
            if key is None:
                raise RefusedTokenError("the provider has no such key")
            claims = read_claims(credential, key, self._rules)
        except RefusedTokenError as error:
            self._on_refusal(str(error))
            return None
        caller = Caller(
            kind="token",
            id=f"{claims.issuer} {claims.subject}",
            permissions=claims.permissions,
            expires_at=datetime.fromtimestamp(claims.expires_at, UTC),
        )
        self._remember(digest, caller, claims.expires_at - time())
        return caller

    async def permissions_of(self, caller: Caller) -> Permissions | None:
        if caller.kind != "token":
            return None
        has_ended = caller.expires_at is not None and caller.expires_at.timestamp() + LEEWAY <= time()
        return Permissions() if has_ended else caller.permissions

    def _remembered(self, digest: bytes) -> Caller | None:
        known = self._verified.get(digest)
        if known is None:
            return None
        if known.until <= self._clock.monotonic() or known.version != self._keys.version:
            del self._verified[digest]
            return None
        self._verified.move_to_end(digest)
        return known.caller

    def _remember(self, digest: bytes, caller: Caller, seconds: float) -> None:
        if seconds <= 0:
            return  # it is valid by the leeway alone
        until = self._clock.monotonic() + min(seconds, REMEMBERED_SECONDS)
        self._verified[digest] = _Verified(caller, self._keys.version, until)
        while len(self._verified) > self._room:
            self._verified.popitem(last=False)
