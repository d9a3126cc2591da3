"""Appends to blobs in S3 keep the port's contract."""

from tests.contracts.partial_blobs.callers import TestFormerCallers
from tests.contracts.partial_blobs.concatenation import TestConcatenation
from tests.contracts.partial_blobs.partial_blobs import TestPartialBlobs

__all__ = ["TestConcatenation", "TestFormerCallers", "TestPartialBlobs"]
