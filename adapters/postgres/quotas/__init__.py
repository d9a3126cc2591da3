"""Quotas of buckets, and the room that uploads have reserved."""
