"""Tokens, with a real server for the key set of the identity provider."""
