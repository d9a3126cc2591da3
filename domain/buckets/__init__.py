"""Buckets: named containers of files with a policy."""
