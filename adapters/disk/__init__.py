"""Blobs as files in a directory."""

from adapters.disk.blob_store import DiskBlobStore, open_disk_blob_store
from adapters.disk.direct_access import NoDirectAccess
from adapters.disk.part_blobs import DiskPartBlobs
from adapters.disk.partials import DiskPartialBlobs

__all__ = ["DiskBlobStore", "DiskPartBlobs", "DiskPartialBlobs", "NoDirectAccess", "open_disk_blob_store"]
