"""After the crashes: a server starts again, and the promises hold for everything that the dead ones left."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import asyncpg
import httpx
import msgspec

from tests.harness.kills.accounts import Account, observe, usage
from tests.harness.kills.audit import check_audit
from tests.support.parts.stacks import Stack
from tests.support.processes.fsck import fsck
from tests.support.processes.server import Server, serving

# The leases, claims and grace of the dead are over soon, and with HASTE rounds of the reaper follow each other.
BRIEFLY = {"FILEPORT_STAGED_LEASE": "2", "FILEPORT_BLOB_GRACE": "0"}
HASTE = {**BRIEFLY, "FILEPORT_REAPER_INTERVAL": "0.1"}

# Far longer than leases last here: the reaper has missed a blob that stays for longer.
REAPED_SECONDS = 180


class Site(msgspec.Struct, frozen=True):
    """A stack on which servers die: the settings of its servers, its database, and the kind of its blob store."""

    stack: Stack
    environ: Mapping[str, str]
    database: str
    store: Literal["disk", "s3"]


class Casualty(msgspec.Struct, frozen=True):
    """A server that died at its failpoint, and its client's account.

    `happened` says whether the change in progress must be there; with None either will do.
    """

    failpoint: str
    account: Account
    happened: bool | None


async def check_aftermath(site: Site, casualties: Sequence[Casualty]) -> None:
    """Start a server, and check that nothing is lost, nothing half done, and in the end nothing left behind."""
    async with serving({**site.environ, **HASTE}) as server, server.client() as client:
        states = {each.failpoint: await _settle(client, each) for each in casualties}
        await until_reaped(site, server)
        contents: set[bytes] = set()
        for failpoint, buckets in states.items():
            for bucket, files in buckets.items():
                # Read again: the reaper must not have removed their blobs.
                assert await observe(client, bucket) == files, failpoint
                expected = len(files), sum(map(len, files.values()))
                assert await usage(client, bucket) == expected, failpoint
                contents |= set(files.values())
        assert await _count_blobs(site) == len(contents), "Blobs that are live are not all a file's."
        await _check_integrity(site)
        await check_audit(site.database)


async def _settle(client: httpx.AsyncClient, casualty: Casualty) -> dict[str, Mapping[str, bytes]]:
    """Return its buckets, which hold the acknowledged files, and the last change wholly or not at all."""
    account = casualty.account
    done = account.acknowledged if account.pending is None else account.pending
    allowed = {True: [done], False: [account.acknowledged], None: [account.acknowledged, done]}[casualty.happened]
    names = account.acknowledged.keys() | done.keys()
    found = {name: files for name in names if (files := await observe(client, name)) is not None}
    assert found in allowed, f"{casualty.failpoint}: {_shape(found)} is none of {[_shape(each) for each in allowed]}"
    return found


async def until_reaped(site: Site, server: Server) -> None:
    """Wait until every blob on record is live, and the blob store has those and nothing else."""
    left = "nothing was looked at"
    connection = await asyncpg.connect(site.database)
    try:
        async with asyncio.timeout(REAPED_SECONDS):
            while True:
                logged = len(server.lines)
                rows = await connection.fetch("SELECT key, state, content IS NULL AS is_stored FROM blobs")
                states = {row["key"]: row["state"] for row in rows}
                stored = await site.stack.blobs()
                if set(states.values()) <= {"live"}:
                    differing = stored ^ {row["key"] for row in rows if row["is_stored"]}
                    assert not differing, f"In the blob store or on record, but not in both: {differing}"
                    return
                left = f"on record {Counter(states.values())}; stored without a row {stored - states.keys()}"
                await server.line(lambda line: line["event"] == "reaped", after=logged)
    except TimeoutError:
        raise AssertionError(f"The reaper leaves something behind: {left}") from None
    finally:
        await connection.close()


async def _count_blobs(site: Site) -> int:
    connection = await asyncpg.connect(site.database)
    try:
        inline: int = await connection.fetchval("SELECT count(*) FROM blobs WHERE content IS NOT NULL")
    finally:
        await connection.close()
    return len(await site.stack.blobs()) + inline


async def _check_integrity(site: Site) -> None:
    """Let `fileport fsck` compare all that is left, bytes included, while the server runs."""
    checked = await fsck(site.environ, "--deep")
    assert checked.status == 0, checked


def _shape(state: Mapping[str, Mapping[str, bytes]]) -> dict[str, dict[str, int]]:
    return {bucket: {name: len(content) for name, content in files.items()} for bucket, files in state.items()}
