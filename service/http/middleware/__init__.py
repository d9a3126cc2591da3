"""Wrappers of the application, one a module."""
