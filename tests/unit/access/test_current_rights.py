"""A right that ends while a request is under way ends what the request was to do."""

from collections.abc import AsyncIterator

import httpx
import pytest

from domain.access.callers import Caller
from domain.access.current_rights import RECHECK_SECONDS, CurrentRights
from domain.access.scopes import Permissions
from domain.archives.member_bytes import MemberBytes
from domain.archives.model import Extract
from domain.archives.read_archive import Archive
from domain.files.errors import NoSuchFileError
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog, make_catalog
from tests.fakes.clock import FakeClock
from tests.support.access import caller, scope
from tests.support.clients import client_of
from tests.support.factories import MemberFactory
from tests.support.fake_service import Service

FILES = "/v1/buckets/default/files"
ALL = {"actions": ["read", "list", "write", "delete"], "bucket": "default"}


class Told:
    """Tells the rights of keys."""

    def __init__(self, permissions: Permissions | None) -> None:
        self.permissions = permissions
        self.asked = 0

    async def permissions_of(self, _: Caller, /) -> Permissions | None:
        self.asked += 1
        return self.permissions


async def test_rights_are_looked_up_again_after_a_while_alone() -> None:
    clock, less = FakeClock(), Permissions((scope("b"),))
    told, foreign = Told(less), Told(None)
    watched = CurrentRights([told, foreign], clock).watch(caller(scope("b", None, "admin")))
    clock.advance(RECHECK_SECONDS - 0.1)
    assert (await watched.now()).permissions.administer("b")
    assert told.asked == 0
    clock.advance(0.1)
    assert (await watched.now()).permissions == less
    assert (await watched.now()).permissions == less
    assert told.asked == 1


@pytest.fixture
async def made(client: httpx.AsyncClient) -> dict[str, str]:
    answer = await client.post("/v1/keys", json={"name": "k", "scopes": [ALL]})
    assert answer.status_code == 201
    return dict(answer.json())


@pytest.fixture
async def bearer(service: Service, made: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(service.app) as client:
        client.headers["Authorization"] = f"Bearer {made['secret']}"
        yield client


class Slow:
    """A body during which the key is revoked, and time passes."""

    def __init__(self, clock: FakeClock, client: httpx.AsyncClient, id: str, *, seconds: float = 60) -> None:
        self._clock = clock
        self._client = client
        self._id = id
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"be"
        assert (await self._client.delete(f"/v1/keys/{self._id}")).is_success
        self._clock.advance(self._seconds)
        yield b"gun"


async def test_an_upload_whose_key_is_revoked_meanwhile_stores_nothing(
    client: httpx.AsyncClient, bearer: httpx.AsyncClient, made: dict[str, str], clock: FakeClock, catalog: FakeCatalog
) -> None:
    answer = await bearer.put(f"{FILES}/a", content=Slow(clock, client, made["id"]))
    assert answer.status_code == 404
    assert catalog.database.files == {}
    assert (await client.get(f"{FILES}/a")).status_code == 404


async def test_a_resumable_upload_whose_key_is_revoked_meanwhile_is_not_finished(
    client: httpx.AsyncClient, bearer: httpx.AsyncClient, made: dict[str, str], clock: FakeClock, catalog: FakeCatalog
) -> None:
    tus = {"Tus-Resumable": "1.0.0"}
    metadata = "bucket ZGVmYXVsdA==,filename YQ=="
    begun = await bearer.post("/v1/uploads", headers={**tus, "Upload-Length": "5", "Upload-Metadata": metadata})
    assert begun.status_code == 201, begun.text
    headers = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    # Less than a lock's lease, so that the clock takes no lock away.
    answer = await bearer.patch(
        begun.headers["location"], headers=headers, content=Slow(clock, client, made["id"], seconds=RECHECK_SECONDS)
    )
    assert answer.status_code in {404, 503}
    assert catalog.database.files == {}


async def test_a_part_finishes_no_upload_that_its_sender_may_not_write_by_now(
    client: httpx.AsyncClient, bearer: httpx.AsyncClient, made: dict[str, str], catalog: FakeCatalog
) -> None:
    tus = {"Tus-Resumable": "1.0.0"}
    part = await bearer.post("/v1/uploads", headers={**tus, "Upload-Length": "3", "Upload-Concat": "partial"})
    url = part.headers["location"]
    final = {"Upload-Concat": f"final;{url}", "Upload-Metadata": "bucket ZGVmYXVsdA==,filename YQ=="}
    begun = await bearer.post("/v1/uploads", headers={**tus, **final})
    assert begun.status_code == 201, begun.text
    elsewhere = {"scopes": [{"actions": ["write"], "bucket": "elsewhere"}]}
    assert (await client.patch(f"/v1/keys/{made['id']}", json=elsewhere)).status_code == 200
    headers = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert (await bearer.patch(url, headers=headers, content=b"abc")).status_code == 204
    assert catalog.database.files == {}


async def test_an_archive_ends_at_the_member_that_its_reader_may_not_read_by_now() -> None:
    clock, store = FakeClock(), FakeBlobStore()
    store.stored = {"1": bytes(100_000), "2": bytes(100_000)}
    members = [MemberFactory.build(bucket="b", name=key, blob_key=key, size=100_000) for key in store.stored]
    watched = CurrentRights([Told(Permissions())], clock).watch(caller(scope("b")))
    archive = Archive(members, [0, 0], MemberBytes(make_catalog().blob_records, store), watched)
    read: list[int] = []

    async def read_all() -> None:
        async with archive.contents(map(Extract, members)) as contents:
            async for chunks in contents:
                read.append(sum([len(chunk) async for chunk in chunks]))
                clock.advance(RECHECK_SECONDS)

    with pytest.raises(NoSuchFileError):
        await read_all()
    assert read == [100_000]
