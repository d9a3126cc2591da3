"""Secrets that are kept outside the service, and what is made with the service's own."""
