"""The S3 protocol: a second driving adapter on the same use cases, beside the HTTP API."""
