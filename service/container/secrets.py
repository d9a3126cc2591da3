"""Keys and seals under the service secret."""

from dishka import AnyOf, Provider, Scope, provide

from adapters.crypto import ServiceSecrets
from domain.secrets.ports import Mac, Sealing
from service.environment import PREFIX, SettingsError
from service.settings import Settings


class SecretsProvider(Provider):
    """Codes and sealing. Commands that need neither have no service secret."""

    scope = Scope.APP

    @provide
    def service_secrets(self, settings: Settings) -> AnyOf[Mac, Sealing]:
        if settings.service_secret is None:
            raise SettingsError(f"{PREFIX}SERVICE_SECRET is missing.")
        return ServiceSecrets(settings.service_secret, settings.service_secret_previous)
