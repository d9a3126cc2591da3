"""The HTTP API: handlers by resource, each of which parses, calls one use case and renders."""
