"""The figures of requests. They are added up here, and written to Prometheus's series a few times a second at most.

Only workers import this module, as `metrics`.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from http import HTTPMethod

from prometheus_client import Counter, Histogram

from service.observability.shared_metrics import are_shared

# A client may invent methods, and each would be a series of its own.
_METHODS = frozenset(HTTPMethod)
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)
# How long the other workers may know nothing of a request.
_WRITTEN_SECONDS = 0.2


class _Histogram(Histogram):
    """A histogram that takes many observations at once."""

    def add(self, total: float, counts: Sequence[int]) -> None:
        """Add observations: their sum, and how many are in each bucket, up to its bound and above the one before."""
        self._sum.inc(total)
        for bucket, count in zip(self._buckets, counts, strict=True):
            if count:
                bucket.inc(count)


_SECONDS = _Histogram(
    "fileport_request_duration_seconds",
    "How long requests took, to the last byte of their answer.",
    ["method", "route", "status"],
    buckets=_BOUNDS,
)
_SENT = Counter("fileport_response_bytes", "Bytes of answers' bodies.", ["method", "route"])


class _Series:
    """What the requests of one method, route and status add to its series."""

    __slots__ = ("_counts", "_seconds", "_sent", "_sent_series", "_series")

    def __init__(self, method: str, route: str, status: int) -> None:
        self._series: _Histogram = _SECONDS.labels(method, route, status)
        self._sent_series = _SENT.labels(method, route)
        self._clear()

    def count(self, sent: int, seconds: float) -> None:
        self._counts[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds += seconds
        self._sent += sent

    def write(self) -> None:
        self._series.add(self._seconds, self._counts)
        self._sent_series.inc(self._sent)
        self._clear()

    def _clear(self) -> None:
        self._counts = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0
        self._sent = 0


_all: dict[tuple[str, str, int], _Series] = {}
_unwritten: set[_Series] = set()


def count_request(*, method: str, route: str, status: int, sent: int, seconds: float) -> None:
    """Count one request. `route` is the template of its path, which keeps the number of series small."""
    if method not in _METHODS:
        method = "other"
    series = _all.get((method, route, status))
    if series is None:
        series = _all[method, route, status] = _Series(method, route, status)
    series.count(sent, seconds)
    if not _unwritten and are_shared():
        asyncio.get_running_loop().call_later(_WRITTEN_SECONDS, write_request_figures)
    _unwritten.add(series)


def write_request_figures() -> None:
    """Write what was counted, for whoever reads the series next."""
    for series in _unwritten:
        series.write()
    _unwritten.clear()
