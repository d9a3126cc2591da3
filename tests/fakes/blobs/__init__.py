"""The blob store's ports in memory, all on one `FakeBlobStore`."""
