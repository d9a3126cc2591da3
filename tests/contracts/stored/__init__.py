"""The contracts of files: how they are committed, found, changed, copied, batched and archived."""
