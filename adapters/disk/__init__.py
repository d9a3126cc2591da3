"""Blobs as files in a directory."""

from adapters.disk.blob_store import DiskBlobStore, open_disk_blob_store

__all__ = ["DiskBlobStore", "open_disk_blob_store"]
