"""Secrets that are kept outside the service."""
