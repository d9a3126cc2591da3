"""Keep secrets under the current service secret, and forget those whose overlap is over."""

from domain.keys.ports import KeyRecords
from domain.keys.sealed import SecretKeeper
from domain.secrets.errors import UnopenableError

BATCH = 100


class RenewSecrets:
    """After a rotation of the service secret, keep the keys' secrets under the new one, so that the old one may go."""

    def __init__(self, records: KeyRecords, keeper: SecretKeeper) -> None:
        self._records = records
        self._keeper = keeper

    async def __call__(self) -> tuple[int, int]:
        """Return how many secrets were kept anew, and how many could not: no service secret opens them."""
        while await self._records.forget_secrets(limit=BATCH) == BATCH:
            pass
        renewed = lost = 0
        while stale := await self._records.list_stale_secrets(self._keeper.current_id, limit=BATCH, offset=lost):
            for each in stale:
                try:
                    secret = self._keeper.open(each.kept, each.key_id)
                except UnopenableError:
                    lost += 1
                    continue
                await self._records.replace_secret(each, self._keeper.keep(secret, each.key_id, each.kept.version))
                renewed += 1
        return renewed, lost
