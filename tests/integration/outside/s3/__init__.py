"""Programs of others that speak S3."""
