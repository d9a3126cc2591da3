"""Multipart uploads: files that arrive in numbered parts, in any order, several at once."""
