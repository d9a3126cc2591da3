"""Secrets in AWS Secrets Manager."""

from adapters import aws_imports  # noqa: F401 - before any other
from adapters.secrets.client import open_secrets_client
from adapters.secrets.secret_source import SecretsManagerSource

__all__ = ["SecretsManagerSource", "open_secrets_client"]
