"""Cleaning up, checking and repairing."""
