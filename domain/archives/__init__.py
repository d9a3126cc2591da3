"""Many files as one ZIP archive."""
