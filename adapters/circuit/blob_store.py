"""A blob store that fails at once while its circuit is open."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Generic, Self, TypeVar

from anyio import fail_after

from adapters.circuit.circuit import Circuit
from adapters.circuit.counting import count, counted
from domain.blobs.chunks import AnyChunk, Body, SendableBody
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import StoredBlob
from domain.blobs.ports import BlobStore
from domain.values.ranges import ByteRange

T = TypeVar("T")


class CircuitBlobStore:
    """Keeps the port `BlobStore` around another store, and spares callers the wait while that one is down.

    While the circuit is open each call raises `BlobStoreUnavailableError` at once, before a body is read, with the time
    of the next try. When the pause is over, the next call first runs the store's `check` and goes on if that succeeds;
    all others still fail at once. Calls that began before run on.

    `BlobStoreUnavailableError` is a failure, in the middle of a read too, and so is a check that takes longer than
    `check_timeout` seconds. A store that misses a blob or refuses a call has answered: a success. An error of the body
    and a cancellation count as neither.
    """

    def __init__(self, store: BlobStore, circuit: Circuit, *, check_timeout: float = 2.5) -> None:
        self._store = store
        self._circuit = circuit
        self._check_timeout = check_timeout

    async def admit(self) -> None:
        if not self._circuit.is_open:
            return
        if not self._circuit.is_probe_due:
            raise BlobStoreUnavailableError(
                "The blob store does not answer, or refuses work.", retry_after=self._circuit.retry_after
            )
        with self._circuit.probing():
            await self._check()

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Admit a call of the store, and count its outcome."""
        await self.admit()
        with counted(self._circuit):
            yield

    async def put(self, key: str, body: AsyncIterable[bytes], *, size: int | None) -> None:
        async with self.call():
            await self._store.put(key, body, size=size)

    def open(self, key: str, part: ByteRange | None = None) -> Body:
        return _Reading(self, self._store.open(key, part), self._circuit)

    def open_for_sending(self, key: str, part: ByteRange | None = None) -> SendableBody:
        return _Reading(self, self._store.open_for_sending(key, part), self._circuit)

    async def delete(self, keys: Sequence[str]) -> set[str]:
        async with self.call():
            return await self._store.delete(keys)

    async def abort(self, key: str) -> None:
        async with self.call():
            await self._store.abort(key)

    def list_stored(self) -> AsyncIterator[StoredBlob]:
        return self._listing(self._store.list_stored())

    def list_unfinished(self) -> AsyncIterator[str]:
        return self._listing(self._store.list_unfinished())

    async def get_size(self, key: str) -> int:
        async with self.call():
            return await self._store.get_size(key)

    async def check(self) -> None:
        """As in the port. The store of an open circuit is asked only as the probe."""
        if self._circuit.is_open:
            await self.admit()
        else:
            await self._check()

    async def _listing(self, found: AsyncIterator[T]) -> AsyncIterator[T]:
        await self.admit()
        async for each in _CountedSteps(found, self._circuit):
            yield each

    async def _check(self) -> None:
        with counted(self._circuit):
            try:
                with fail_after(self._check_timeout):
                    await self._store.check()
            except TimeoutError:
                raise BlobStoreUnavailableError("The blob store does not answer in time.") from None


class _Reading(Generic[AnyChunk]):
    """A read of the store."""

    def __init__(
        self,
        store: CircuitBlobStore,
        opening: AbstractAsyncContextManager[AsyncIterator[AnyChunk]],
        circuit: Circuit,
    ) -> None:
        self._store = store
        self._opening = opening
        self._circuit = circuit

    async def __aenter__(self) -> AsyncIterator[AnyChunk]:
        await self._store.admit()
        generation = self._circuit.generation
        try:
            chunks = await self._opening.__aenter__()
        except Exception as error:
            count(self._circuit, generation, error)
            raise
        return _CountedSteps(chunks, self._circuit)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._opening.__aexit__(kind, error, trace)


class _CountedSteps(Generic[T]):
    """The chunks or names of the store: a success with the first, a failure where a later one does not come."""

    def __init__(self, steps: AsyncIterator[T], circuit: Circuit) -> None:
        self._steps = steps
        self._circuit = circuit
        self._generation = circuit.generation
        self._has_begun = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        try:
            step = await anext(self._steps)
        except StopAsyncIteration:
            self._begin()
            raise
        except BlobStoreUnavailableError as error:
            count(self._circuit, self._generation, error)
            raise
        self._begin()
        return step

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._circuit.succeeded()
