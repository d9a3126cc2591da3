"""The user that PostgreSQL runs as. It refuses to run as root; root runs it as a user of its own."""

import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from adapters.embedded.errors import EmbeddedPostgresError

USER = "pgserver"


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """A user of this machine. `is_other`: this process runs as another user, which is root."""

    uid: int
    gid: int
    is_other: bool

    def run_as(self) -> dict[str, Any]:
        """Return the arguments of `subprocess.run` that make a program run as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}

    def can_use(self, path: Path) -> bool:
        """Return whether this user can enter a directory, or run a program, going by its permissions."""
        status = path.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def obstacle(self, path: Path) -> Path | None:
        """Return the first directory on the way to `path` that this user cannot enter, None where there is none."""
        if not self.is_other:
            return None
        directories = (each for each in reversed(path.parents) if each.is_dir())
        return next((each for each in directories if not self.can_use(each)), None)


def find_owner(cluster: Path) -> Owner:
    """Return the user that runs, or will run, the PostgreSQL whose files are in `cluster`.

    Raises `EmbeddedPostgresError` where root cannot get a user for it.
    """
    if os.geteuid() != 0:
        return Owner(uid=os.geteuid(), gid=os.getegid(), is_other=False)
    if cluster.exists() and cluster.stat().st_uid != 0:
        return Owner(uid=cluster.stat().st_uid, gid=cluster.stat().st_gid, is_other=True)
    try:
        user = _find_or_add_user()
    except (OSError, KeyError, subprocess.CalledProcessError) as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and the user {USER} cannot be added: run Fileport as another user."
        ) from error
    return Owner(uid=user.pw_uid, gid=user.pw_gid, is_other=True)


def _find_or_add_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        # Found by the PATH: systems keep the command in different directories.
        subprocess.run(["useradd", "--system", USER], check=True, capture_output=True)  # noqa: S603, S607
        return pwd.getpwnam(USER)
