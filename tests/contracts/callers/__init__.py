"""The contracts of access: scopes, keys, links, and the service secret."""
