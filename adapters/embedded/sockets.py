"""The Unix socket on which PostgreSQL listens: only its user, and root, can reach it."""

import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from adapters.embedded.errors import DataDirectoryError
from adapters.embedded.owner import Owner

PORT = 5432  # only part of the socket's name

# Of the 104 bytes that the strictest system allows, less "/.s.PGSQL.5432.lock" and the end.
_MAX_BYTES = 80
# Other characters would need quoting, differently in a shell, a list of directories and a URL.
_PLAIN = re.compile(r"[\w./+@-]+", re.ASCII)


def socket_directory(cluster: Path, owner: Owner) -> Path:
    """Return a directory for the socket: the cluster's own, or a short one made for it.

    Raises `DataDirectoryError` where the short one exists and belongs to another user.
    """
    if len(os.fsencode(cluster)) <= _MAX_BYTES and _PLAIN.fullmatch(str(cluster)):
        return cluster
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    directory = Path(tempfile.gettempdir()).resolve() / f"fileport-{owner.uid}-{digest}"
    if len(os.fsencode(directory)) > _MAX_BYTES or owner.obstacle(directory):
        raise DataDirectoryError(f"The path of {cluster} is too long for a socket: set a shorter FILEPORT_DATA_DIR.")
    try:
        directory.mkdir(mode=0o700)
        if owner.is_other:
            os.chown(directory, owner.uid, owner.gid)
    except FileExistsError:
        status = directory.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner.uid or status.st_mode & 0o077:
            raise DataDirectoryError(
                f"{directory} belongs to somebody else: set a shorter FILEPORT_DATA_DIR."
            ) from None
    return directory
