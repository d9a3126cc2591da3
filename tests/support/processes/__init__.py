"""The `fileport` command as real processes."""
