"""Clients of the S3 protocol on the fakes."""

import pytest

from tests.support.fake_service import Service
from tests.support.s3 import S3Client


@pytest.fixture
def s3(service: Service) -> S3Client:
    """A client that signs with the root key."""
    return S3Client(service.app)
