"""Appends to blobs in a directory keep the port's contract."""

from pathlib import Path

import pytest

from adapters.disk import DiskBlobStore, DiskPartialBlobs
from tests.contracts.partial_blobs.callers import TestCompletingAtOnce, TestFormerCallers
from tests.contracts.partial_blobs.concatenation import TestConcatenation
from tests.contracts.partial_blobs.partial_blobs import TestPartialBlobs

__all__ = ["TestCompletingAtOnce", "TestConcatenation", "TestFormerCallers", "TestPartialBlobs"]


@pytest.fixture
def partials(store: DiskBlobStore, tmp_path: Path) -> DiskPartialBlobs:
    return DiskPartialBlobs(tmp_path)
