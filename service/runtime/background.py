"""The tasks that run beside the requests, from the application's start to its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from dishka import AsyncContainer

from domain.audit.denials import Denials
from domain.audit.keep_audit import KeepAudit
from domain.blobs.reservations import Reservations
from domain.idempotency.executor import IdempotentExecutor
from domain.jobs.work_on_jobs import WorkOnJobs
from domain.keys.checking.key_cache import KeyCache
from domain.keys.checking.last_uses import LastUses
from domain.keys.ports import KeyChanges
from domain.keys.renew_secrets import RenewSecrets
from domain.maintenance.reap import Reap
from domain.maintenance.sweep import Sweep
from service.runtime.direct_upload_completions import DirectUploadCompletions
from service.runtime.key_copies import KeyCopies
from service.runtime.keys import hear_of_changes_forever, record_uses_forever, renew_secrets_forever
from service.runtime.multipart_completions import MultipartCompletions
from service.runtime.periodic import (
    FLUSH_SECONDS,
    flush_denials_forever,
    flush_last_denials,
    keep_audit_forever,
    keep_leases,
    keep_provider_keys,
    reap_forever,
    sweep_forever,
    work_on_jobs_forever,
)
from service.runtime.wake_up import WakeUp
from service.settings import Settings

# In seconds, between two looks whether a copy is due to be refreshed.
_TICK = 5.0


@asynccontextmanager
async def run_in_background(container: AsyncContainer, settings: Settings) -> AsyncIterator[None]:
    """Run all background tasks until the context ends; then cancel them."""
    reap = await container.get(Reap)
    sweep = await container.get(Sweep)
    reservations = await container.get(Reservations)
    work, wake_up = await container.get(WorkOnJobs), await container.get(WakeUp)
    executor = await container.get(IdempotentExecutor)
    completions = await container.get(DirectUploadCompletions)
    multipart_completions = await container.get(MultipartCompletions)
    changes, cache = await container.get(KeyChanges), await container.get(KeyCache)
    uses, renew = await container.get(LastUses), await container.get(RenewSecrets)
    copies = await container.get(KeyCopies)
    denials, keep_audit = await container.get(Denials), await container.get(KeepAudit)
    async with anyio.create_task_group() as tasks:
        await tasks.start(completions.run)
        await tasks.start(multipart_completions.run)
        tasks.start_soon(lambda: keep_leases(reservations, interval=settings.staged_lease / 8))
        tasks.start_soon(lambda: keep_leases(executor, interval=executor.lease / 8))
        tasks.start_soon(lambda: reap_forever(reap, interval=settings.reaper_interval))
        tasks.start_soon(lambda: flush_denials_forever(denials, interval=FLUSH_SECONDS))
        tasks.start_soon(lambda: keep_audit_forever(keep_audit, interval=settings.sweep_interval))
        tasks.start_soon(lambda: sweep_forever(sweep, interval=settings.sweep_interval))
        tasks.start_soon(lambda: work_on_jobs_forever(work, wake_up, interval=settings.job_interval))
        tasks.start_soon(hear_of_changes_forever, changes, cache)
        tasks.start_soon(record_uses_forever, uses)
        tasks.start_soon(renew_secrets_forever, renew)
        if (keys := copies.of_provider) is not None:
            tasks.start_soon(lambda: keep_provider_keys(keys, interval=_TICK))
        yield
        tasks.cancel_scope.cancel()
    await flush_last_denials(denials)
