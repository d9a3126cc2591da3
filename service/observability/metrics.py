"""Metrics for Prometheus. Each of several workers keeps its own in a file, and any of them can add up all.

Only workers import this module: prometheus_client looks for the shared directory on import.
"""

from collections.abc import Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from domain.jobs.model import Job
from domain.maintenance.reap import ReapCounts
from domain.maintenance.sweep import SweepCounts
from service.observability.request_figures import write_request_figures
from service.observability.shared_metrics import POSTGRES_RESTARTS, WORKER_RESTARTS, are_shared

_TRANSFERS = Gauge(
    "fileport_transfers",
    "Uploads, downloads, and listings without a key, that run.",
    ["kind"],
    multiprocess_mode="livesum",
)
_SHED = Counter("fileport_shed_requests", "Those that were refused for want of room.", ["kind"])
_REAPED = Counter("fileport_reaped", "What the reaper finished or undid.", ["kind"])
_SWEPT = Counter("fileport_swept", "Unfinished writes that nobody owned, and what became of them.", ["kind"])
_JOBS = Counter("fileport_jobs", "Jobs that came to their end.", ["kind"])
_JOB_FILES = Counter("fileport_job_files", "Files that such jobs have done, or left as they were.", ["kind", "outcome"])
_RETRIES = Counter("fileport_catalog_retries", "Transactions that were run again, and what they had met.", ["reason"])
_LOST_DENIALS = Counter("fileport_audit_lost_denials", "Denials that were too many for the audit, or too late.")
_CIRCUIT_OPEN = Gauge(
    "fileport_blob_store_circuit_open",
    "How many workers know the blob store to be down, and fail at once what needs it.",
    multiprocess_mode="livesum",
)


class _SupervisorFigures(Collector):
    """The figures of the process that keeps the workers."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(
            "fileport_worker_restarts", "Workers that ended by themselves and were replaced.", WORKER_RESTARTS.value
        )
        yield CounterMetricFamily(
            "fileport_postgres_restarts", "Starts of the embedded Postgres after it had ended.", POSTGRES_RESTARTS.value
        )


_SUPERVISOR = _SupervisorFigures()
REGISTRY.register(_SUPERVISOR)


class TransferMetrics:
    """The metrics of one kind of transfers: `uploads` or `downloads`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._in_flight = _TRANSFERS.labels(kind)
        self._shed = _SHED.labels(kind)

    def began(self) -> None:
        """Count a transfer in flight from now on."""
        self._in_flight.inc()

    def ended(self) -> None:
        """Count a transfer in flight no longer."""
        self._in_flight.dec()

    def refused(self) -> None:
        """Count a transfer that got no slot."""
        self._shed.inc()


def count_reaped(reaped: ReapCounts) -> None:
    """Count the outcome of a round of the reaper."""
    _REAPED.labels("expired_files").inc(reaped.expired)
    _REAPED.labels("lapsed_reservations").inc(reaped.lapsed)
    _REAPED.labels("removed_blobs").inc(reaped.removed)
    _REAPED.labels("refused_blobs").inc(reaped.refused)
    _REAPED.labels("forgotten_jobs").inc(reaped.jobs)
    _REAPED.labels("forgotten_keys").inc(reaped.keys)


def count_swept(swept: SweepCounts) -> None:
    """Count the outcome of a sweep."""
    _SWEPT.labels("aborted_writes").inc(swept.aborted)
    _SWEPT.labels("refused_writes").inc(swept.refused)


def count_job(job: Job) -> None:
    """Count a job that has ended, and its files."""
    _JOBS.labels(job.task.kind).inc()
    _JOB_FILES.labels(job.task.kind, "done").inc(job.progress.done)
    _JOB_FILES.labels(job.task.kind, "failed").inc(job.progress.failed)


def count_lost_denials(count: int) -> None:
    """Count denials that are in the audit by their number alone."""
    _LOST_DENIALS.inc(count)


def count_retry(reason: str) -> None:
    """Count one retry. `reason` is the class name of its error."""
    _RETRIES.labels(reason).inc()


def show_circuit(*, is_open: bool) -> None:
    """Show whether this worker's circuit of the blob store is open."""
    _CIRCUIT_OPEN.set(is_open)


def exposition() -> tuple[bytes, str]:
    """Return all metrics in Prometheus's text format, and its media type."""
    write_request_figures()
    registry = REGISTRY
    if are_shared():
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library annotates little
        registry.register(_SUPERVISOR)
    return generate_latest(registry), CONTENT_TYPE_LATEST
