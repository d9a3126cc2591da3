"""What a call tells the circuit."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.circuit.circuit import Circuit
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError


@contextmanager
def counted(circuit: Circuit) -> Iterator[None]:
    """Tell the circuit how the call inside went."""
    generation = circuit.generation
    try:
        yield
    except Exception as error:
        count(circuit, generation, error)
        raise
    circuit.succeeded()


def count(circuit: Circuit, generation: int, error: Exception) -> None:
    """Tell the circuit what a call raised that began in `generation`."""
    match error:
        case BlobMissingError() | BlobStoreRefusedError():
            circuit.succeeded()
        case BlobStoreUnavailableError():
            circuit.failed(generation)
