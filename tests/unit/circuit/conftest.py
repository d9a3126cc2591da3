"""A circuit around a blob store."""

import pytest

from adapters.circuit import Circuit, CircuitBlobStore
from tests.fakes.clock import FakeClock
from tests.unit.circuit.circuit_calls import FAILURES, LONGEST_PAUSE, PAUSE, Draw, ProbedBlobStore


@pytest.fixture
def blobs() -> ProbedBlobStore:
    return ProbedBlobStore()


@pytest.fixture
def changes() -> list[bool]:
    return []


@pytest.fixture
def draw() -> Draw:
    return Draw()


@pytest.fixture
def circuit(clock: FakeClock, changes: list[bool], draw: Draw) -> Circuit:
    return Circuit(
        clock, failures=FAILURES, pause=PAUSE, longest_pause=LONGEST_PAUSE, on_change=changes.append, draw=draw
    )


@pytest.fixture
def store(blobs: ProbedBlobStore, circuit: Circuit) -> CircuitBlobStore:
    return CircuitBlobStore(blobs, circuit)
