"""A blob store that is down, over HTTP: requests that need it fail at once, all others go on."""

from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from dishka import Provider, Scope, provide

from domain.blobs.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from domain.values.clock import Clock
from service.container.circuits import Stores, guarded
from tests.fakes.blobs.part_blobs import FakePartBlobs
from tests.fakes.blobs.partial_blobs import FakePartialBlobs
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.support.clients import client_of
from tests.support.fake_service import Fakes, Service, open_service
from tests.support.reaper import reaper

FILES = "/v1/buckets/default/files"
FAILURES = 3
LONGEST_PAUSE = 10
DISK_FULL = BlobStoreRefusedError("The disk is full.")


def on_fakes(blobs: FakeBlobStore) -> Stores:
    return Stores(blobs, FakePartialBlobs(blobs), FakePartBlobs(blobs))


class GuardedStores(Provider):
    """Puts the fake stores behind the circuit, as the service puts its own."""

    def __init__(self, blobs: FakeBlobStore) -> None:
        super().__init__(scope=Scope.APP)
        self._blobs = blobs

    @provide(override=True)
    def stores(self, clock: Clock) -> Stores:
        return guarded(on_fakes(self._blobs), clock)


@pytest.fixture(scope="module")
async def own_service() -> AsyncIterator[Service]:
    """A service whose stores are behind the circuit."""
    async with open_service(make_stores=lambda blobs, _: GuardedStores(blobs)) as service:
        yield service


@pytest.fixture
async def fakes(own_service: Service) -> Fakes:
    """The fakes below the service, which hold nothing yet."""
    await own_service.reset()
    return own_service.fakes


@pytest.fixture
async def client(own_service: Service, fakes: Fakes) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(own_service.app) as client:
        yield client
        # The next test finds the circuit closed.
        fakes.blobs.fail_with = None
        while (await client.get("/health/ready")).json()["blob_store"] != "ok":
            fakes.clock.advance(LONGEST_PAUSE)


async def store_goes_down(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    blobs.fail_with = BLOB_STORE_DOWN
    for number in range(FAILURES):
        answer = await client.put(f"{FILES}/{number}", content=b"x")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_uploads_and_downloads_are_503_and_say_when_to_come_back(
    client: httpx.AsyncClient, blobs: FakeBlobStore, clock: FakeClock
) -> None:
    file = (await client.put(f"{FILES}/a.txt", content=b"here")).json()
    await store_goes_down(client, blobs)
    blobs.fail_with = AssertionError("The store is not asked.")
    for method, path in [
        ("PUT", f"{FILES}/b"),
        ("GET", f"{FILES}/a.txt"),
        ("GET", f"/v1/files/{file['id']}/content"),
        ("GET", f"/v1/files/{file['id']}/text"),
    ]:
        answer = await client.request(method, path, content=b"x" if method == "PUT" else None)
        assert (answer.status_code, answer.json()["code"]) == (503, "blob_store_unavailable")
        assert answer.headers["retry-after"] == "1"


async def test_an_upload_that_is_refused_at_once_reserves_nothing_and_leaves_nothing_to_reap(
    client: httpx.AsyncClient, blobs: FakeBlobStore, catalog: FakeCatalog
) -> None:
    await store_goes_down(client, blobs)
    rows = {key: row.state for key, row in catalog.database.blobs.items()}
    for number in range(50):
        assert (await client.put(f"{FILES}/more-{number}", content=b"x")).status_code == 503
    assert {key: row.state for key, row in catalog.database.blobs.items()} == rows


async def test_all_that_needs_no_bytes_goes_on(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    file = (await client.put(f"{FILES}/a.txt", content=b"here")).json()
    await store_goes_down(client, blobs)
    blobs.fail_with = AssertionError("The store is not asked.")
    one = f"/v1/files/{file['id']}"
    answers = [
        await client.get("/v1/files"),
        await client.get(one),
        await client.head(f"{one}/content"),
        await client.head(f"{FILES}/a.txt"),
        await client.patch(one, json={"name": "b.txt"}),
        await client.post(f"{one}/copy", json={"name": "c.txt"}),
        await client.get("/v1/buckets/default"),
        await client.put("/v1/buckets/other", json={}),
        await client.delete("/v1/buckets/other"),
        await client.delete(one),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 201, 200, 201, 204, 204]


async def test_readiness_is_failing_while_it_is_down_and_ok_after_it_is_back_without_any_traffic(
    client: httpx.AsyncClient, blobs: FakeBlobStore, clock: FakeClock
) -> None:
    await store_goes_down(client, blobs)
    assert (await client.get("/health/ready")).json()["blob_store"] == "failing"
    clock.advance(LONGEST_PAUSE)
    assert (await client.get("/health/ready")).json()["blob_store"] == "failing"
    blobs.fail_with = None
    clock.advance(LONGEST_PAUSE)
    assert (await client.get("/health/ready")).json() == {"status": "ok", "catalog": "ok", "blob_store": "ok"}
    assert (await client.put(f"{FILES}/a", content=b"x")).status_code == 201


async def test_the_reaper_claims_nothing_that_it_could_not_remove(
    client: httpx.AsyncClient, blobs: FakeBlobStore, catalog: FakeCatalog, clock: FakeClock
) -> None:
    store = guarded(on_fakes(blobs), clock).blobs
    reap = reaper(catalog, store)
    file = (await client.put(f"{FILES}/a", content=b"x")).json()
    await client.delete(f"/v1/files/{file['id']}")
    blobs.fail_with = BLOB_STORE_DOWN
    for _ in range(FAILURES):
        with pytest.raises(BlobStoreUnavailableError):
            await store.check()
    with pytest.raises(BlobStoreUnavailableError):
        _ = [reaped async for reaped in reap()]
    blobs.fail_with = None
    clock.advance(LONGEST_PAUSE)
    assert sum([reaped.removed async for reaped in reap()]) == 1


async def test_traffic_alone_finds_out_that_it_is_back(
    client: httpx.AsyncClient, blobs: FakeBlobStore, clock: FakeClock
) -> None:
    await store_goes_down(client, blobs)
    blobs.fail_with = None
    clock.advance(LONGEST_PAUSE)
    assert (await client.put(f"{FILES}/a", content=b"x")).status_code == 201
    assert (await client.get(f"{FILES}/a")).content == b"x"


async def test_opening_and_closing_are_logged_once_and_shown_in_the_metrics(
    client: httpx.AsyncClient, blobs: FakeBlobStore, clock: FakeClock
) -> None:
    with structlog.testing.capture_logs() as logs:
        await store_goes_down(client, blobs)
        await client.put(f"{FILES}/a", content=b"x")
        assert "fileport_blob_store_circuit_open 1.0" in (await client.get("/metrics")).text
        blobs.fail_with = None
        clock.advance(LONGEST_PAUSE)
        await client.put(f"{FILES}/a", content=b"x")
        assert "fileport_blob_store_circuit_open 0.0" in (await client.get("/metrics")).text
    assert [line["event"] for line in logs if line["event"].startswith("blob store")] == [
        "blob store is down",
        "blob store is back",
    ]


async def test_a_full_disk_does_not_keep_anybody_from_reading(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    await client.put(f"{FILES}/a", content=b"here")
    blobs.fail_with = DISK_FULL
    for _ in range(2 * FAILURES):
        answer = await client.put(f"{FILES}/b", content=b"x")
        assert (answer.status_code, answer.json()["code"]) == (503, "blob_store_unavailable")
    blobs.fail_with = None
    assert (await client.get(f"{FILES}/a")).content == b"here"
