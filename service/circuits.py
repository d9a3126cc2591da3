"""The circuit around the blob store, as the service runs it: in the log and among the figures."""

import structlog

from adapters.circuit import Circuit, CircuitBlobStore
from domain.ports import BlobStore, Clock

log = structlog.get_logger()


def guarded(store: BlobStore, clock: Clock) -> BlobStore:
    """Return `store` behind a circuit, which tells the log and the figures when it opens and closes."""
    # The commands import this, and a process that has imported the figures cannot fork workers that share theirs.
    from service.metrics import show_circuit  # noqa: PLC0415

    def tell(is_open: bool) -> None:
        show_circuit(is_open=is_open)
        if is_open:
            log.error("blob store is down")
        else:
            log.info("blob store is back")

    return CircuitBlobStore(store, Circuit(clock, on_change=tell))
