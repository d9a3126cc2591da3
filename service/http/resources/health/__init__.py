"""`/health` and `/metrics`."""
