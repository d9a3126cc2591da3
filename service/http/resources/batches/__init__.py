"""`/v1/batch`."""
