"""Access: the sources of credentials."""

from dishka import Provider, Scope, provide

from domain.access.authenticate import Authenticate
from domain.access.authenticate_signed import AuthenticateSigned
from domain.access.callers import CallerLimits
from domain.access.current_rights import CurrentRights
from domain.access.cursors import Cursors
from domain.access.failed_authentications import FailedAuthentications
from domain.access.limits import LimitCallers
from domain.access.ports import CredentialSource, SignerSource
from domain.access.root_key import RootKey
from domain.keys.checking.key_source import KeySource
from domain.keys.key_rights import KeyRights
from domain.values.clock import Clock
from service.container.tokens import Tokens
from service.settings import Settings


class AccessProvider(Provider):
    """Who may call."""

    scope = Scope.APP

    cursors = provide(Cursors)

    @provide
    def rights(self, key_rights: KeyRights, tokens: Tokens, clock: Clock) -> CurrentRights:
        return CurrentRights([key_rights, *([tokens.rights] if tokens.rights else [])], clock)

    @provide
    def failures(self, settings: Settings, clock: Clock) -> FailedAuthentications:
        return FailedAuthentications(clock, settings.auth_failures)

    @provide
    def authenticate(
        self, settings: Settings, keys: KeySource, tokens: Tokens, failures: FailedAuthentications
    ) -> Authenticate:
        sources: list[CredentialSource] = [RootKey(settings.root_key)] if settings.root_key else []
        return Authenticate([*sources, keys, *([tokens.source] if tokens.source else [])], failures)

    @provide
    def authenticate_signed(
        self, settings: Settings, keys: KeySource, failures: FailedAuthentications
    ) -> AuthenticateSigned:
        sources: list[SignerSource] = [RootKey(settings.root_key)] if settings.root_key else []
        return AuthenticateSigned([*sources, keys], failures)

    @provide
    def limits(self, settings: Settings) -> CallerLimits:
        return CallerLimits(settings.key_rate, settings.key_transfers)

    callers = provide(LimitCallers)
