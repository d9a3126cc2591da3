"""The work on keys beside the requests: hear of changes, record last uses, keep secrets anew."""

import anyio
import structlog

from domain.errors import UnavailableError
from domain.keys.checking.key_cache import KeyCache
from domain.keys.checking.last_uses import RECORDING_SECONDS, LastUses
from domain.keys.ports import KeyChanges
from domain.keys.renew_secrets import RenewSecrets
from service.observability.causes import facts_of
from service.runtime.periodic import repeat

log = structlog.get_logger()

RECONNECT_SECONDS = 1.0
RENEWAL_SECONDS = 600.0


async def hear_of_changes_forever(changes: KeyChanges, cache: KeyCache) -> None:
    """Forget keys as they change, on any replica. While changes are not heard of, keys are still read again in time."""
    is_heard = True

    def hear() -> None:
        nonlocal is_heard
        cache.forget_all()
        if not is_heard:
            log.info("changes of keys are heard of again")
        is_heard = True

    while True:
        try:
            await changes.watch(cache.forget, hear)
        except UnavailableError as error:
            if is_heard:
                log.warning("changes of keys are not heard of", **facts_of(error))
            is_heard = False
        except Exception:
            log.exception("hearing of changes of keys failed")
        await anyio.sleep(RECONNECT_SECONDS)


async def record_uses_forever(uses: LastUses) -> None:
    """Record when keys were last used."""
    await repeat(uses.record, "recording uses of keys failed", RECORDING_SECONDS)


async def renew_secrets_forever(renew: RenewSecrets) -> None:
    """Keep the secrets of keys under the current service secret."""

    async def renew_once() -> None:
        renewed, lost = await renew()
        if renewed:
            log.info("secrets of keys are sealed under the current service secret", renewed=renewed)
        if lost:
            log.warning("secrets of keys were sealed under a service secret that is not set", lost=lost)

    await repeat(renew_once, "renewing secrets of keys failed", RENEWAL_SECONDS)
