"""`fileport keys` beside a server that runs, and while none does."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import msgspec

from tests.support.polling import pause
from tests.support.processes.forks import fork
from tests.support.processes.server import server_environ, serving

ENDED_SECONDS = 90


class Ran(NamedTuple):
    status: int
    output: str
    errors: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.output.splitlines()]


async def keys(environ: Mapping[str, str], *arguments: str) -> Ran:
    process = await fork("keys", *arguments, environ=server_environ(environ))
    async with asyncio.timeout(ENDED_SECONDS):
        output, errors = await asyncio.gather(process.stdout.read(), process.stderr.read())
        return Ran(await process.wait(), output.decode(), errors.decode())


async def test_keys_are_handled_from_the_shell_beside_a_server(short_dir: Path) -> None:
    # The secrets are those that the embedded stack makes.
    environ = {"FILEPORT_DATA_DIR": str(short_dir), "FILEPORT_SERVICE_SECRET": ""}
    scopes = ("--scope", "read,list:default", "--scope", "write,admin:default:team/a:b/")
    async with serving(environ) as server, server.client() as client:
        made = await keys(
            environ, "create", "nightly backup", *scopes, "--expires-at", "2100-01-01T00:00:00Z", "--rate", "50"
        )
        assert made.status == 0, made.errors
        secret = made.output.strip()
        assert "nightly backup" in made.errors
        assert secret not in made.errors
        bearer = {"Authorization": f"Bearer {secret}"}
        assert (await client.get("/v1/files", params={"bucket": "default"}, headers=bearer)).status_code == 200

        [listed] = (await keys(environ, "list", "--json")).objects
        assert (await client.get(f"/v1/keys/{listed['id']}")).json() | {"last_used_at": None} == listed
        assert (listed["rate"], listed["transfers"]) == (50, None)
        assert listed["scopes"] == [
            {"actions": ["read", "list"], "bucket": "default", "prefix": None},
            {"actions": ["write", "admin"], "bucket": "default", "prefix": "team/a:b/"},
        ]
        line = (await keys(environ, "list")).output
        assert "read,list:default write,admin:default:team/a:b/" in line
        assert "expires 2100-01-01T00:00:00Z" in line

        [rotated] = (await keys(environ, "rotate", listed["id"], "--overlap-seconds", "600", "--json")).objects
        new = {"Authorization": f"Bearer {rotated['secret']}"}
        for each in (bearer, new):
            assert (await client.get("/v1/files", params={"bucket": "default"}, headers=each)).status_code == 200

        assert (await keys(environ, "revoke", listed["id"])).status == 0
        async with asyncio.timeout(ENDED_SECONDS):
            for each in (bearer, new):
                while (await client.get("/v1/keys", headers=each)).status_code != 401:
                    await pause()
        assert (await keys(environ, "list")).output == ""
        assert listed["id"] in (await keys(environ, "list", "--revoked")).output

        audit = [line for line in server.lines if secret in str(line)]
        assert audit == []
    assert listed["id"] in (await keys(environ, "list", "--revoked")).output, "no server runs"


async def test_what_is_wrong_is_one_line(short_dir: Path) -> None:
    environ = {"FILEPORT_DATA_DIR": str(short_dir), "FILEPORT_SERVICE_SECRET": ""}
    for arguments, status, line in (
        (("create", "a", "--scope", "fly:default"), 2, "ACTIONS:BUCKET[:PREFIX]"),
        (("create", "a", "--scope", "read"), 2, "ACTIONS:BUCKET[:PREFIX]"),
        (("create", "a"), 2, "--scope"),
        (("create", "a", "--scope", "read:a", "--expires-at", "soon"), 2, "is not a time"),
        (("revoke", "x"), 2, "invalid UUID"),
        ((), 2, "COMMAND"),
        # Nothing is made where no service ever was.
        (("list",), 1, "FILEPORT_SERVICE_SECRET is missing"),
    ):
        ran = await keys(environ, *arguments)
        assert (ran.status, ran.output) == (status, "")
        assert line in ran.errors.splitlines()[-1]
    assert [each async for each in anyio.Path(short_dir).iterdir()] == []
    async with serving(environ):
        for arguments, line in (
            (("revoke", "019a6b2c-1f3e-7a55-b0c6-5d9e8f70a1b2"), "There is no such key."),
            (("create", "a", "--scope", "read:A"), "bucket is the name of a bucket"),
            (("create", "a\nb", "--scope", "read:a"), "name has 1 to 200 characters"),
            (("create", "a", "--scope", "read:a", "--expires-at", "2100-01-01T00:00:00"), "has no offset from UTC"),
            (("create", "a", "--scope", "read:a", "--rate", "0"), "rate is a whole number from 1"),
            (("create", "a", "--scope", "read:a", "--expires-at", "2000-01-01T00:00:00Z"), "not in the future"),
        ):
            ran = await keys(environ, *arguments)
            assert (ran.status, ran.output, ran.errors.count("\n")) == (1, "", 1), ran
            assert line in ran.errors
