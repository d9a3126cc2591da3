"""The embedded Postgres: found again after any end, only in its directory, and with all permissions left alone."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import asyncpg
import pytest

from adapters.embedded import DataDirectoryError, EmbeddedPostgres, server
from adapters.embedded.bundle import MAJOR_VERSION
from adapters.embedded.directory import DirectoryLock


async def query(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def server_id(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


@pytest.fixture
def killed_service(short_dir: Path) -> Iterator[Path]:
    """The data directory of a service that was killed, whose Postgres runs on with a table `kept`."""
    service = dedent("""
        import asyncio, os, signal, sys
        from pathlib import Path
        import asyncpg
        from adapters.embedded import EmbeddedPostgres

        async def write(dsn):
            connection = await asyncpg.connect(dsn)
            await connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(write(EmbeddedPostgres(Path(sys.argv[1])).start()))
    """)
    done = subprocess.run([sys.executable, "-c", service, short_dir], check=False)
    assert done.returncode == -signal.SIGKILL
    yield short_dir
    with EmbeddedPostgres(short_dir):
        pass


async def test_written_rows_survive_a_restart(short_dir: Path) -> None:
    with EmbeddedPostgres(short_dir) as dsn:
        await query(dsn, "CREATE TABLE kept AS SELECT 42 AS value")
    with EmbeddedPostgres(short_dir) as dsn:
        assert await query(dsn, "SELECT value FROM kept") == 42


async def test_a_stopped_server_does_not_answer(short_dir: Path) -> None:
    with EmbeddedPostgres(short_dir) as dsn:
        assert await query(dsn, "SELECT 1") == 1
    with pytest.raises(FileNotFoundError):
        await query(dsn, "SELECT 1")


async def test_a_commit_is_on_the_disk_and_case_is_known_in_every_script(embedded_postgres: str) -> None:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await query(embedded_postgres, f"SHOW {name}") == "on"
    assert await query(embedded_postgres, "SHOW server_encoding") == "UTF8"
    assert await query(embedded_postgres, "SELECT 'ÑÄЖ' ILIKE 'ñäж'") is True
    assert await query(embedded_postgres, "SHOW listen_addresses") == ""


async def test_it_takes_as_many_connections_as_are_asked_for(short_dir: Path) -> None:
    with EmbeddedPostgres(short_dir, max_connections=17) as dsn:
        assert await query(dsn, "SHOW max_connections") == "17"


async def test_the_server_of_a_service_that_was_killed_is_found_again(killed_service: Path) -> None:
    running = server_id(killed_service)
    with EmbeddedPostgres(killed_service) as dsn:
        assert await query(dsn, "SELECT value FROM kept") == 42
        assert server_id(killed_service) == running


async def test_a_server_that_was_killed_as_well_recovers(killed_service: Path) -> None:
    os.kill(server_id(killed_service), signal.SIGKILL)
    with EmbeddedPostgres(killed_service) as dsn:
        assert await query(dsn, "SELECT value FROM kept") == 42


async def test_the_id_of_a_dead_server_may_belong_to_another_process(killed_service: Path) -> None:
    pid_file = killed_service / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(server_id(killed_service), signal.SIGKILL)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    with EmbeddedPostgres(killed_service) as dsn:
        assert await query(dsn, "SELECT value FROM kept") == 42


async def test_a_first_start_that_was_cut_short_is_made_again(short_dir: Path) -> None:
    unfinished = short_dir / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text(MAJOR_VERSION)
    with EmbeddedPostgres(short_dir) as dsn:
        assert await query(dsn, "SELECT 1") == 1
    assert not unfinished.exists()


async def test_the_initdb_of_a_start_that_was_killed_does_not_disturb_the_next(short_dir: Path) -> None:
    left = short_dir / "postgres.unfinished.left"
    ends = threading.Event()

    def go_on_writing() -> None:
        while not ends.is_set():
            with suppress(OSError):  # the start removes what it finds
                (left / "base").mkdir(parents=True, exist_ok=True)
                (left / "base" / "1").write_bytes(b"x")

    writer = threading.Thread(target=go_on_writing)
    writer.start()
    try:
        with EmbeddedPostgres(short_dir) as dsn:
            assert await query(dsn, "SELECT 1") == 1
    finally:
        ends.set()
        writer.join()
    with EmbeddedPostgres(short_dir):
        assert not left.exists()


def test_two_services_do_not_share_a_data_directory(short_dir: Path) -> None:
    with EmbeddedPostgres(short_dir), pytest.raises(DataDirectoryError, match="Another Fileport"):
        EmbeddedPostgres(short_dir).start()
    with EmbeddedPostgres(short_dir):
        pass


async def test_a_data_directory_is_made_with_those_above_it(short_dir: Path) -> None:
    with EmbeddedPostgres(short_dir / "new" / "data") as dsn:
        assert await query(dsn, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["a name that is long " * 6, 'it\'s a "$HOME" & `pwd`, 100%'])
async def test_a_data_directory_may_have_any_name(short_dir: Path, name: str) -> None:
    for _ in range(2):
        with EmbeddedPostgres(short_dir / name) as dsn:
            assert await query(dsn, "SELECT 1") == 1


async def test_the_environment_does_not_lead_elsewhere(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "/nowhere", "PGDATA": "/nowhere", "LC_ALL": "none", "TZ": "x"}.items():
        monkeypatch.setenv(name, value)
    with EmbeddedPostgres(short_dir) as dsn:
        assert await query(dsn, "SHOW timezone") == "UTC"


def test_a_data_directory_that_is_a_file_is_refused(short_dir: Path) -> None:
    (short_dir / "file").touch()
    with pytest.raises(DataDirectoryError):
        EmbeddedPostgres(short_dir / "file").start()


def test_data_of_another_version_is_refused(short_dir: Path) -> None:
    (short_dir / "postgres").mkdir()
    (short_dir / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(DataDirectoryError, match="12"):
        EmbeddedPostgres(short_dir).start()


async def test_a_look_shares_the_server_of_a_service_and_leaves_it_running(short_dir: Path) -> None:
    with EmbeddedPostgres(short_dir) as dsn:
        await query(dsn, "CREATE TABLE kept AS SELECT 42 AS value")
        look = EmbeddedPostgres(short_dir)
        assert await query(look.attach(), "SELECT value FROM kept") == 42
        look.stop()
        assert await query(dsn, "SELECT value FROM kept") == 42


async def test_a_look_starts_the_server_where_no_service_runs_and_stops_it(short_dir: Path) -> None:
    with EmbeddedPostgres(short_dir) as dsn:
        await query(dsn, "CREATE TABLE kept AS SELECT 42 AS value")
    look = EmbeddedPostgres(short_dir)
    assert await query(look.attach(), "SELECT value FROM kept") == 42
    with pytest.raises(DataDirectoryError, match="Another Fileport"):
        EmbeddedPostgres(short_dir).start()
    look.stop()
    with pytest.raises(OSError):  # noqa: PT011 - the socket is gone, or refuses
        await query(dsn, "SELECT 1")


async def test_a_look_finds_the_server_that_a_killed_service_left(killed_service: Path) -> None:
    look = EmbeddedPostgres(killed_service)
    assert await query(look.attach(), "SELECT value FROM kept") == 42
    look.stop()


def test_a_look_makes_nothing(short_dir: Path) -> None:
    for data_dir in (short_dir, short_dir / "none"):
        with pytest.raises(DataDirectoryError, match="There is no"):
            EmbeddedPostgres(data_dir).attach()
    assert list(short_dir.iterdir()) == []


def test_a_look_waits_in_vain_for_a_service_that_has_no_server(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedPostgres(short_dir):
        pass
    lock = DirectoryLock(short_dir)
    lock.acquire()
    monkeypatch.setattr(server, "ATTACH_SECONDS", 0)
    with pytest.raises(DataDirectoryError, match="Another Fileport"):
        EmbeddedPostgres(short_dir).attach()
    lock.release()
