"""The plugin of every test run: Hypothesis's profile, garbage, hangs, and a line for each reason to skip tests."""

import gc
from collections import Counter

import pytest

from tests.harness.profiles import load_profiles
from tests.support.hangs import pytest_addoption, pytest_configure

__all__ = ["pytest_addoption", "pytest_configure"]

load_profiles()


def pytest_collection_finish() -> None:
    """Leave all that was imported and collected out of every later collection of garbage, and let these be few.

    They took a sixth of the unit tests' time. The oldest generation is collected on request alone.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 10_000)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why tests were skipped, each reason in one line: a missing stack skips hundreds."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.items():
        terminalreporter.write_line(f"SKIPPED [{count}] {reason}")
