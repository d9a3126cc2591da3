"""The paths of a blob: `tmp/{key}` while it is written, `{last two digits of the key}/{key}` ever after."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{32}")
# The last digits of a UUIDv7 are random, so the directories fill evenly; the first ones are a time.
SHARDS = tuple(f"{number:02x}" for number in range(256))


class Layout:
    """The directories below `root`. Its calls block."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / "tmp"

    def prepare(self) -> None:
        """Make the directories that are missing, durably."""
        fresh = [self._root, *self._root.parents]
        fresh = fresh[: next(index for index, each in enumerate(fresh) if each.exists())]
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (self._temporary, *(self._root / shard for shard in SHARDS)):
            directory.mkdir(mode=0o700, exist_ok=True)
        for directory in (self._root, *(each.parent for each in fresh)):
            sync_directory(directory)

    def final(self, key: str) -> Path:
        """Return the path of the blob `key`."""
        return self._root / _checked(key)[-2:] / key

    def temporary(self, key: str) -> Path:
        """Return the path of an unfinished write of `key`."""
        return self._temporary / _checked(key)

    def stored(self, shard: str) -> list[tuple[str, int]]:
        """Return the keys in one of `SHARDS`, sorted, each with the size of its file."""
        sizes: dict[str, int] = {}
        for entry in _blob_files(self._root / shard):
            if entry.name.endswith(shard):
                with suppress(FileNotFoundError):  # it was removed meanwhile
                    sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
        return sorted(sizes.items())

    def unfinished(self) -> list[str]:
        """Return the keys of unfinished writes."""
        return [entry.name for entry in _blob_files(self._temporary)]

    def size(self, key: str) -> int | None:
        """Return the size of the file of `key`, None where there is none."""
        path = self.final(key)
        try:
            return path.stat().st_size
        except FileNotFoundError:
            # Raises where its directory is gone too: then the disk is missing, not this file.
            path.parent.stat()
            return None

    def sync(self, key: str) -> None:
        """Make the name of the blob `key` durable."""
        sync_directory(self.final(key).parent)

    def probe(self) -> None:
        """Raise `OSError` where no file can be written, or the directories are gone (an unmounted disk)."""
        for directory in (self._root / SHARDS[0], self._root / SHARDS[-1]):
            directory.stat()
        with tempfile.TemporaryFile(dir=self._temporary, buffering=0) as probe:
            probe.write(b"\0")


def sync_directory(directory: Path) -> None:
    """Make the names in `directory` durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _blob_files(directory: Path) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(directory) as entries:
        yield from (each for each in entries if _KEY.fullmatch(each.name) and each.is_file(follow_symlinks=False))


def _checked(key: str) -> str:
    # A key becomes a path: nothing but a key may pass.
    if not _KEY.fullmatch(key):
        raise ValueError("A blob key has 32 characters of lower-case hex.")
    return key
