"""Keys on Postgres."""
