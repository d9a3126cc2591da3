"""The outcomes of calls, counted by the circuit."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.circuit.circuit import Circuit
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError


@contextmanager
def counted(circuit: Circuit) -> Iterator[None]:
    """Count the outcome of the call inside."""
    generation = circuit.generation
    try:
        yield
    except Exception as error:
        count(circuit, generation, error)
        raise
    circuit.succeeded()


def count(circuit: Circuit, generation: int, error: Exception) -> None:
    """Count the error of a call that began in `generation`."""
    match error:
        case BlobMissingError() | BlobStoreRefusedError():
            circuit.succeeded()
        case BlobStoreUnavailableError():
            circuit.failed(generation)
