"""The bytes of files: stored and read."""
