"""A circuit around a blob store, whichever it is."""

from adapters.circuit.blob_store import CircuitBlobStore
from adapters.circuit.circuit import Circuit

__all__ = ["Circuit", "CircuitBlobStore"]
