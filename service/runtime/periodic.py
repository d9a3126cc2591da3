"""The periodic work of a worker: renew leases, keep copies fresh, reap, sweep, and work on jobs."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import anyio
import msgspec
import structlog

from domain.audit.denials import Denials
from domain.audit.keep_audit import KeepAudit, PartitionCounts
from domain.errors import UnavailableError
from domain.jobs.work_on_jobs import WorkOnJobs
from domain.maintenance.reap import Reap
from domain.maintenance.sweep import Sweep, SweepCounts
from service.observability.causes import facts_of
from service.observability.metrics import count_job, count_lost_denials, count_reaped, count_swept
from service.runtime.key_copies import Refreshed
from service.runtime.wake_up import WakeUp

log = structlog.get_logger()

FLUSH_SECONDS = 5.0


class Leases(Protocol):
    """Leases that end unless they are renewed."""

    async def renew_due(self) -> None:
        """Renew the leases that have less than half of their time left."""
        ...


async def keep_leases(leases: Leases, *, interval: float) -> None:
    """Renew the due leases every `interval` seconds."""
    await repeat(leases.renew_due, "keeping leases failed", interval)


async def keep_provider_keys(keys: Refreshed, *, interval: float) -> None:
    """Fetch the identity provider's keys again every `interval` seconds, if they are due."""
    await repeat(keys.refresh_due, "fetching the keys of the identity provider failed", interval)


async def reap_forever(reap: Reap, *, interval: float) -> None:
    """Reap, rest for `interval` seconds, and repeat."""

    async def reap_once() -> None:
        async for reaped in reap():
            count_reaped(reaped)
            log.info("reaped", **msgspec.structs.asdict(reaped))

    await repeat(reap_once, "reaping failed", interval)


async def flush_denials_forever(denials: Denials, *, interval: float) -> None:
    """Add the denials to the audit every `interval` seconds."""

    async def flush_once() -> None:
        if lost := await denials.flush():
            count_lost_denials(lost)
            log.warning("too many denials for the audit", lost=lost)

    await repeat(flush_once, "adding denials to the audit failed", interval)


async def flush_last_denials(denials: Denials) -> None:
    """Add the denials of the last requests to the audit, unless that takes too long."""
    with anyio.move_on_after(FLUSH_SECONDS, shield=True):
        try:
            count_lost_denials(await denials.flush())
        except UnavailableError as error:
            log.warning("adding denials to the audit failed", **facts_of(error))


async def keep_audit_forever(keep: KeepAudit, *, interval: float) -> None:
    """Make the audit's partitions to come and drop the old ones, every `interval` seconds."""

    async def keep_once() -> None:
        if (kept := await keep()) != PartitionCounts():
            log.info("audit partitions", **msgspec.structs.asdict(kept))

    await repeat(keep_once, "keeping the audit's partitions failed", interval)


async def sweep_forever(sweep: Sweep, *, interval: float) -> None:
    """Sweep, rest for `interval` seconds, and repeat."""

    async def sweep_once() -> None:
        if (swept := await sweep()) != SweepCounts():
            count_swept(swept)
            log.info("swept", **msgspec.structs.asdict(swept))

    await repeat(sweep_once, "sweeping failed", interval)


async def work_on_jobs_forever(work: WorkOnJobs, wake_up: WakeUp, *, interval: float) -> None:
    """Work on jobs, rest for `interval` seconds or until `wake_up` is notified, and repeat."""

    async def work_once() -> None:
        async for job in work():
            count_job(job)
            log.info("job done", id=str(job.id), done=job.progress.done, failed=job.progress.failed)

    await repeat(work_once, "working on jobs failed", interval, wake_up)


async def repeat(
    work: Callable[[], Awaitable[None]], failure: str, interval: float, wake_up: WakeUp | None = None
) -> None:
    """Work until cancelled, with rests of `interval` seconds, which `wake_up` can end.

    A round that fails, because a store is down or through a bug, is logged as `failure`, and the next one tries again.
    """
    while True:
        try:
            await work()
        except UnavailableError as error:
            log.warning(failure, **facts_of(error))
        except Exception:
            log.exception(failure)
        with anyio.move_on_after(interval):
            await (anyio.sleep_forever() if wake_up is None else wake_up.wait())
