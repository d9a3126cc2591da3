"""The report: the measurements and their machine, line by line, as they come."""

import os
import platform
from importlib.metadata import version

from bench.authentication import Shares
from bench.load import Result
from bench.transfer import MEBIBYTE, Transfer


def about(store: str, workers: int) -> None:
    print(
        f"fileport {version('fileport')}, {store} store, embedded PostgreSQL, {workers} worker(s); "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    )


def start(name: str, seconds: float) -> None:
    _line(name, f"{seconds:.2f} s")


def load(name: str, clients: int, result: Result) -> None:
    latencies = f"median {result.median * 1000:.2f} ms, 99 % within {result.p99 * 1000:.2f} ms"
    _line(f"{name}, {clients} client{'s' * (clients > 1)}", f"{result.rate:,.0f} /s", latencies)


def transfer(name: str, result: Transfer) -> None:
    growth = "" if result.growth is None else f"server grew by {result.growth / MEBIBYTE:.0f} MiB at most"
    _line(name, f"{result.speed / 1e6:,.0f} MB/s", growth)


def authentication(shares: Shares) -> None:
    for name, seconds in {"key remembered": shares.remembered, "key looked up": shares.looked_up}.items():
        more = f"of a metadata GET that takes {shares.request * 1e6:,.0f} µs of the processor"
        _line(f"authentication, {name}", f"{seconds * 1e6:,.1f} µs", f"{seconds / shares.request:.1%} {more}")


def _line(name: str, value: str, more: str = "") -> None:
    print(f"{name:<40}{value:>12}   {more}".rstrip(), flush=True)
