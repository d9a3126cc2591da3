"""Cryptography under the service secret."""

from adapters.crypto.service_secret import ServiceSecrets

__all__ = ["ServiceSecrets"]
