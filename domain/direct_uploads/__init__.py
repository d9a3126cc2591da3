"""Uploads that clients send straight to the blob store."""
