"""Tokens: JWTs (RFC 7519) of the identity provider that the service is set up to trust."""

from adapters.tokens.keys import StaticKey, UnusableKeyError, check_algorithms
from adapters.tokens.provider_keys import ProviderKeys
from adapters.tokens.source import TokenSource
from adapters.tokens.verification import TokenRules

__all__ = ["ProviderKeys", "StaticKey", "TokenRules", "TokenSource", "UnusableKeyError", "check_algorithms"]
