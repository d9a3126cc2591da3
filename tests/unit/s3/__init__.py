"""The S3 protocol on the fakes."""
