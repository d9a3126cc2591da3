"""The plugin of every test run: Hypothesis's profile, garbage, hangs, and a line for each reason to skip tests."""

import gc
from collections import Counter

import botocore.compat  # noqa: F401 - with awscrt, as clients have it; our own adapters would import it without
import pytest

from service.heap import share_one_heap, trim_heap
from tests.harness.profiles import load_profiles
from tests.support.hangs import pytest_addoption, pytest_configure

__all__ = ["pytest_addoption", "pytest_configure"]

load_profiles()
share_one_heap()


def pytest_collection_finish() -> None:
    """Leave all that was imported and collected out of every later collection of garbage, and let these be few.

    They took a sixth of the unit tests' time. The oldest generation is collected after each module, see below.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 10_000)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Give back the memory that the tests of a module leave: without that, each process grew to a gigabyte."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        trim_heap()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why tests were skipped, each reason in one line: a missing stack skips hundreds."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.items():
        terminalreporter.write_line(f"SKIPPED [{count}] {reason}")
