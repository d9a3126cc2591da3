"""The S3 protocol of a real server."""
