"""The errors of maintenance."""

from domain.errors import FileportError


class WrongBlobStoreError(FileportError):
    """The blob store cannot be the one that the catalog is about: none of its blobs is there."""

    code = "wrong_blob_store"


class RepairRefusedError(FileportError):
    """A repair would condemn more of the store than can be an accident's doing; nothing was done."""

    code = "repair_refused"
