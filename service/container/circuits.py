"""The circuit around the blob store, as the service runs it: logged and measured."""

from typing import NamedTuple

import structlog

from adapters.circuit import Circuit, CircuitBlobStore, CircuitPartBlobs, CircuitPartialBlobs
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.ports import BlobStore, PartBlobs, PartialBlobs
from domain.values.clock import Clock

log = structlog.get_logger()


class Stores(NamedTuple):
    """A blob store by its ports."""

    blobs: BlobStore
    partials: PartialBlobs
    parts: PartBlobs


def guarded(stores: Stores, clock: Clock) -> Stores:
    """Return the store behind a circuit, which is logged and measured when it opens and closes."""
    # The commands import this, and a process that has imported the metrics cannot fork workers that share theirs.
    from service.observability.metrics import show_circuit  # noqa: PLC0415

    def report(is_open: bool) -> None:
        show_circuit(is_open=is_open)
        if is_open:
            log.error("blob store is down", code=BlobStoreUnavailableError.code)
        else:
            log.info("blob store is back")

    circuit = Circuit(clock, on_change=report)
    store = CircuitBlobStore(stores.blobs, circuit)
    return Stores(store, CircuitPartialBlobs(stores.partials, store), CircuitPartBlobs(stores.parts, store))
