"""The edge to the operating system."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from domain.blobs.errors import BlobStoreRefusedError, BlobStoreUnavailableError

# With these errors the disk is not down, and can still be read.
_REFUSALS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EEXIST, errno.EMFILE, errno.ENFILE})


class DiskStalledError(BlobStoreUnavailableError):
    """A call to the operating system hangs, as calls to a network's disk do when the network is down."""


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn refusals of the operating system (no space, a broken or read-only disk) into the port's error."""
    try:
        yield
    except OSError as error:
        if error.errno in _REFUSALS:
            raise BlobStoreRefusedError("The blob store's disk refuses this.") from error
        raise BlobStoreUnavailableError("The blob store's disk refuses work.") from error
