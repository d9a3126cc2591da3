"""`/v1/archive`."""
