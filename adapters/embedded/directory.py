"""The data directory: made, checked, and locked by one service at a time."""

import fcntl
import os
from pathlib import Path

from adapters.embedded.errors import DataDirectoryError, DirectoryInUseError

_LOCK = "fileport.lock"


class DirectoryLock:
    """The lock of the service that uses a data directory. The system releases it when the process ends or is killed."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / _LOCK
        self._file: int | None = None

    def acquire(self) -> None:
        """Acquire the lock. Raises `DirectoryInUseError` where another service has it, and `DataDirectoryError`."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DataDirectoryError(
                f"The data directory {self._path.parent} cannot be written: set another FILEPORT_DATA_DIR."
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(file)
            raise DirectoryInUseError(
                f"Another Fileport uses the data directory {self._path.parent}: set another FILEPORT_DATA_DIR."
            ) from error
        self._file = file

    def release(self) -> None:
        """Release the lock, if it was acquired."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def make_directory(data_dir: Path) -> None:
    """Make the data directory if it is missing. Raises `DataDirectoryError`."""
    try:
        if not data_dir.is_dir():
            data_dir.mkdir(parents=True)
            # Others cannot list it, but PostgreSQL's user must get through; the files inside have their own modes.
            data_dir.chmod(0o711)
        if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(f"{data_dir} is not writable")
    except OSError as error:
        raise DataDirectoryError(
            f"The data directory {data_dir} cannot be made or written: set another FILEPORT_DATA_DIR."
        ) from error
