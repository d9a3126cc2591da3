"""The contracts of multipart uploads."""
