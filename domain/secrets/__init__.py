"""Secrets that are kept outside the service, and data sealed with the service's own."""
