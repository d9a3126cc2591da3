"""Many operations on files in one request."""
