"""A circuit around any blob store."""

from adapters.circuit.blob_store import CircuitBlobStore
from adapters.circuit.circuit import Circuit
from adapters.circuit.part_blobs import CircuitPartBlobs
from adapters.circuit.partials import CircuitPartialBlobs

__all__ = ["Circuit", "CircuitBlobStore", "CircuitPartBlobs", "CircuitPartialBlobs"]
