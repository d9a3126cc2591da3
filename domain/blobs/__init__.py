"""Blobs: immutable bytes under keys that are used once."""
