"""The tokens of the identity provider, where there is one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import structlog
from dishka import Provider, Scope, provide

from domain.access.ports import CredentialSource, Rights
from domain.values.clock import Clock
from service.runtime.key_copies import KeyCopies
from service.settings import Settings
from service.token_settings import TokenSettings

if TYPE_CHECKING:
    from adapters.tokens import ProviderKeys

log = structlog.get_logger()


class Tokens(NamedTuple):
    """The callers with a token and their rights, None where there is no identity provider; the copies of its keys."""

    source: CredentialSource | None = None
    rights: Rights | None = None
    copies: KeyCopies = KeyCopies()


class TokenProvider(Provider):
    """Who calls with a token."""

    scope = Scope.APP

    @provide
    async def tokens(self, settings: Settings, clock: Clock) -> AsyncIterator[Tokens]:
        if settings.tokens is None:
            yield Tokens()
            return
        from adapters.tokens import StaticKey, TokenRules, TokenSource  # noqa: PLC0415 - takes time, which others need not wait

        given = settings.tokens
        rules = TokenRules(
            issuer=given.issuer,
            audience=given.audience,
            algorithms=given.algorithms,
            scopes_claim=given.scopes_claim,
        )

        def report(reason: str) -> None:
            log.info("token refused", reason=reason)

        if given.public_key is not None:
            source = TokenSource(rules, StaticKey(given.public_key, given.algorithms), clock, on_refusal=report)
            yield Tokens(source, source)
            return
        async with _open_keys(given, clock) as keys:
            source = TokenSource(rules, keys, clock, on_refusal=report)
            yield Tokens(source, source, KeyCopies(keys))

    @provide
    def copies(self, tokens: Tokens) -> KeyCopies:
        return tokens.copies


@asynccontextmanager
async def _open_keys(settings: TokenSettings, clock: Clock) -> AsyncIterator["ProviderKeys"]:
    from adapters.tokens import ProviderKeys  # noqa: PLC0415 - likewise
    from adapters.tokens.fetch import open_key_set_document  # noqa: PLC0415 - likewise

    def report() -> None:
        log.info("the identity provider has new keys")

    async with open_key_set_document(str(settings.jwks_url)) as document:
        yield ProviderKeys(document, settings.algorithms, clock, on_change=report)
