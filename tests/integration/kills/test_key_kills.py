"""Requests with an idempotency key whose server is killed, and that are sent again: they are done once."""

import random
from collections.abc import Awaitable, Callable

import anyio
import httpx
import msgspec

from tests.harness.kills.accounts import observe, usage
from tests.harness.kills.aftermath import HASTE, Site, check_aftermath
from tests.integration.kills.test_store_kills import Kill, Scene, die_at_once
from tests.support.processes.server import serving

SIZE = 200_000
# Far longer than the lease of a dead server's claim.
ANSWERED_SECONDS = 180

Send = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]


async def upload(client: httpx.AsyncClient, bucket: str) -> httpx.Response:
    return await client.put(f"/v1/buckets/{bucket}/files/new", content=content_of(bucket), headers=keyed(bucket))


async def copy(client: httpx.AsyncClient, bucket: str) -> httpx.Response:
    listed = await client.get("/v1/files", params={"bucket": bucket, "name": "old"})
    id = listed.json()["items"][0]["id"]
    return await client.post(f"/v1/files/{id}/copy", json={"name": "new"}, headers=keyed(bucket))


async def replace(client: httpx.AsyncClient, bucket: str) -> httpx.Response:
    return await client.put(f"/v1/buckets/{bucket}/files/old", content=content_of(bucket), headers=keyed(bucket))


async def put_bucket(client: httpx.AsyncClient, bucket: str) -> httpx.Response:
    return await client.put(f"/v1/buckets/{bucket}-new", json={"quota_bytes": 1}, headers=keyed(bucket))


async def start_job(client: httpx.AsyncClient, bucket: str) -> httpx.Response:
    task = {"kind": "delete", "bucket": bucket, "prefix": "none/"}
    return await client.post("/v1/jobs", json=task, headers=keyed(bucket))


class Sent(msgspec.Struct, frozen=True):
    """A request that kills its server at a failpoint, the status of its answer, and whether it was done by then."""

    failpoint: str
    send: Send
    status: int
    happened: bool

    @property
    def bucket(self) -> str:
        return self.failpoint.replace(":", "-")

    async def play(self, scene: Scene) -> None:
        await scene.account.put(scene.bucket, "old", content_of(f"{scene.bucket}-old"))
        async with scene.server.client() as client:
            await self.send(client, scene.bucket)


SENT = [
    Sent("key.claim:after", upload, 201, happened=False),
    Sent("key.finish:after", upload, 201, happened=False),
    Sent("answer:after:2", upload, 201, happened=True),
    Sent("commit:after:2", replace, 200, happened=True),
    Sent("key.finish:before", copy, 201, happened=False),
    Sent("copy:after", copy, 201, happened=True),
    Sent("bucket.put:before:2", put_bucket, 201, happened=False),
    Sent("bucket.put:after:2", put_bucket, 201, happened=True),
    Sent("key.finish:after:1", start_job, 201, happened=False),
    Sent("job.create:after", start_job, 201, happened=True),
]


async def test_a_request_that_is_repeated_after_a_kill_is_done_once(site: Site) -> None:
    casualties = await die_at_once(site, [Kill(each.failpoint, each.play, happened=True) for each in SENT])
    accounts = {each.failpoint: each.account for each in casualties}
    async with serving({**site.environ, **HASTE}) as server, server.client() as client:
        for sent in SENT:
            before = await state(client, sent.bucket)
            first, second = [await until_answered(client, sent) for _ in range(2)]
            assert first.status_code == sent.status, (sent.failpoint, first.text)
            assert said(first) == said(second), sent.failpoint
            after = await state(client, sent.bucket)
            assert (after == before) == sent.happened, sent.failpoint
            if sent.send is not put_bucket:
                assert (first.json()["id"] if sent.send is start_job else first.json()) in after, sent.failpoint
            accounts[sent.failpoint].pending = None
            accounts[sent.failpoint].acknowledged = await acknowledged(client, sent)
    await check_aftermath(site, casualties)


# More than two chunks.
COPIES = 101


async def apply_batch(client: httpx.AsyncClient, bucket: str) -> httpx.Response:
    copies = [{"op": "copy", "bucket": bucket, "name": "old", "to": {"name": name}} for name in copied()]
    operations = [{"op": "delete", "bucket": bucket, "name": "gone"}, *copies]
    return await client.post("/v1/batch", json={"operations": operations}, headers=keyed(bucket))


class SentBatch(msgspec.Struct, frozen=True):
    """A batch that kills its server at a failpoint, and how many copies it had made by then."""

    failpoint: str
    made: int
    send: Send = apply_batch

    @property
    def bucket(self) -> str:
        return self.failpoint.replace(":", "-")

    async def play(self, scene: Scene) -> None:
        await scene.account.put(scene.bucket, "old", scene.bucket.encode())
        await scene.account.put(scene.bucket, "gone", b"gone")
        async with scene.server.client() as client:
            await self.send(client, scene.bucket)


BATCHES = [
    SentBatch("batch:after:1", made=49),
    SentBatch("key.claim:after:2", made=49),
    SentBatch("batch.operation:after:70", made=49),
    SentBatch("key.finish:after:2", made=49),
    SentBatch("batch:after:2", made=99),
    SentBatch("batch:after:3", made=COPIES),
]


async def test_a_batch_that_is_sent_again_after_a_kill_goes_on_where_it_was(site: Site) -> None:
    casualties = await die_at_once(site, [Kill(each.failpoint, each.play, happened=True) for each in BATCHES])
    accounts = {each.failpoint: each.account for each in casualties}
    async with serving({**site.environ, **HASTE}) as server, server.client() as client:
        for sent in BATCHES:
            before = await copies_by_name(client, sent.bucket)
            assert sorted(before) == copied()[: sent.made], sent.failpoint
            first, second = [await until_answered(client, sent) for _ in range(2)]
            results = first.json()["results"]
            assert [result["status"] for result in results] == [204] + [201] * COPIES, sent.failpoint
            assert said(first) == said(second), sent.failpoint
            after = await copies_by_name(client, sent.bucket)
            assert list(after.values()) == [result["file"] for result in results[1:]], sent.failpoint
            assert before.items() <= after.items(), sent.failpoint
            accounts[sent.failpoint].pending = None
            accounts[sent.failpoint].acknowledged = {
                sent.bucket: dict.fromkeys(["old", *copied()], sent.bucket.encode())
            }
    await check_aftermath(site, casualties)


def copied() -> list[str]:
    """Return the names of the copies that a batch makes."""
    return [f"{number:03}" for number in range(COPIES)]


async def copies_by_name(client: httpx.AsyncClient, bucket: str) -> dict[str, object]:
    """Return the records of the copies in a bucket, in the order of their names."""
    listed = (await client.get(f"/v1/files?bucket={bucket}&sort=name&limit=1000")).raise_for_status().json()["items"]
    return {file["name"]: file for file in listed if file["name"] not in {"old", "gone"}}


async def until_answered(client: httpx.AsyncClient, sent: Sent | SentBatch) -> httpx.Response:
    """Send the request again until no lease of a dead server keeps its key."""
    with anyio.fail_after(ANSWERED_SECONDS):
        while True:
            answer = await sent.send(client, sent.bucket)
            if answer.status_code != 409:
                return answer
            assert answer.json()["code"] == "idempotency_key_in_use"
            await anyio.sleep(0.05)


async def state(client: httpx.AsyncClient, bucket: str) -> list[object]:
    """Return the records of a bucket's files, its jobs, and whether there is the bucket that may have been made."""
    listed = await client.get("/v1/files", params={"bucket": bucket})
    made = await client.get(f"/v1/buckets/{bucket}-new")
    jobs = (await client.get("/v1/jobs", params={"limit": 100})).json()["items"]
    return [*listed.json()["items"], *(job["id"] for job in jobs if job["bucket"] == bucket), made.status_code]


async def acknowledged(client: httpx.AsyncClient, sent: Sent) -> dict[str, dict[str, bytes]]:
    """Return the result that the request must have, and check that there is nothing else."""
    old, new = content_of(f"{sent.bucket}-old"), content_of(sent.bucket)
    expected = {"old": new if sent.send is replace else old}
    if sent.send in {upload, copy}:
        expected["new"] = new if sent.send is upload else old
    assert await observe(client, sent.bucket) == expected, sent.failpoint
    assert await usage(client, sent.bucket) == (len(expected), len(expected) * SIZE), sent.failpoint
    return {sent.bucket: expected} | ({f"{sent.bucket}-new": {}} if sent.send is put_bucket else {})


def said(answer: httpx.Response) -> tuple[object, ...]:
    """Return the parts of an answer that its caller depends on."""
    return answer.status_code, answer.content, answer.headers.get("etag"), answer.headers.get("location")


def content_of(name: str) -> bytes:
    """Return bytes that are the name's own, and the same each time."""
    return random.Random(name).randbytes(SIZE)


def keyed(bucket: str) -> dict[str, str]:
    return {"Idempotency-Key": f'"{bucket}"'}
