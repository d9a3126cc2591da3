"""API keys: secrets with scopes, for programs."""
