"""Where PostgreSQL's files are: in the data directory, or below `/var/lib/fileport` where its user cannot enter that.

Then a link in the data directory leads to them, and one beside them leads back. No directory is opened to anybody.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.embedded.errors import DataDirectoryError
from adapters.embedded.owner import Owner

SHARED = Path("/var/lib/fileport")

_CLUSTER = "postgres"
_DATA_DIRECTORY = "data"


def find_cluster(data_dir: Path) -> Path:
    """Return the path of PostgreSQL's files, which need not exist."""
    return (data_dir / _CLUSTER).resolve()


@contextmanager
def cluster_place(data_dir: Path, owner: Owner) -> Iterator[Path]:
    """Give the path of the cluster, where the caller makes it if it is missing. Without an error it is found again.

    Raises `DataDirectoryError` where it exists and `owner` cannot enter it, where it is gone, and where `data_dir` is
    the copy of a data directory whose cluster is elsewhere.
    """
    link = data_dir / _CLUSTER
    cluster = link.resolve()
    if link.is_symlink():
        _check_link(link, cluster)
    obstacle = owner.obstacle(cluster)
    if obstacle is None:
        yield cluster
    elif cluster.exists():
        raise DataDirectoryError(
            f"PostgreSQL runs as the user with the id {owner.uid}, which cannot enter {obstacle}: let it enter, move "
            f"the data directory to another FILEPORT_DATA_DIR, or run Fileport as another user than root."
        )
    else:
        directory = Path(tempfile.mkdtemp(prefix=f"{_DATA_DIRECTORY}-", dir=shared_directory(owner)))
        try:
            directory.chmod(0o711)
            (directory / _DATA_DIRECTORY).symlink_to(data_dir)
            yield directory / _CLUSTER
            # Last: a link to files that are missing means that they were lost.
            link.symlink_to(directory / _CLUSTER)
        except BaseException:
            shutil.rmtree(directory)
            raise


def shared_directory(owner: Owner) -> Path:
    """Return the directory for all that `owner` cannot reach elsewhere, made if it is missing.

    Raises `DataDirectoryError` where it cannot be used.
    """
    try:
        if not SHARED.exists():
            SHARED.mkdir(parents=True)
            SHARED.chmod(0o711)
        status = SHARED.stat()
    except OSError as error:
        raise DataDirectoryError(_refusal(f"{SHARED} cannot be made")) from error
    # Another user could exchange what root makes there.
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise DataDirectoryError(_refusal(f"{SHARED} is writable by other users"))
    if obstacle := owner.obstacle(SHARED / _CLUSTER):
        raise DataDirectoryError(_refusal(f"it cannot enter {obstacle} either"))
    return SHARED


def _refusal(reason: str) -> str:
    return (
        "PostgreSQL runs as a user of its own, which cannot enter the data directory or cannot reach its programs, "
        f"and {reason}: set FILEPORT_DATA_DIR to a directory that every user can enter, or run Fileport as another "
        "user than root."
    )


def _check_link(link: Path, cluster: Path) -> None:
    if not cluster.exists():
        raise DataDirectoryError(
            f"PostgreSQL's files are missing: {link} leads to {cluster}. Restore them, or remove the whole data "
            "directory to begin anew."
        )
    back = cluster.parent / _DATA_DIRECTORY
    if not back.is_symlink() or back.readlink() == link.parent:
        return
    other = back.readlink() / _CLUSTER
    if other.is_symlink() and other.resolve() == cluster and not other.parent.samefile(link.parent):
        raise DataDirectoryError(
            f"{link.parent} is a copy of {other.parent}, and both lead to PostgreSQL's files in {cluster}: copy those "
            f"as well, and let {link} lead to the copy."
        )
    # The data directory was moved.
    back.unlink()
    back.symlink_to(link.parent)
