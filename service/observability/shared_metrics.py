"""The directory through which several workers share their metrics. prometheus_client looks for it on import."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def sharing_metrics(workers: int) -> Iterator[None]:
    """Let as many workers, which are to be started in the context, share their metrics."""
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="fileport-metrics-") as directory:
        os.environ[_VARIABLE] = directory
        yield


def are_shared() -> bool:
    """Return whether this worker shares its metrics with others."""
    return _VARIABLE in os.environ
