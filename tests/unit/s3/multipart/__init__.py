"""Multipart uploads by the S3 protocol."""
