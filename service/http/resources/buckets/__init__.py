"""`/v1/buckets`."""
