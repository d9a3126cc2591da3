"""Signatures, and the bodies that are signed."""
