"""The bytes of files: stored, read, decoded."""
