"""Quotas of buckets: room that is reserved for the files on their way."""
