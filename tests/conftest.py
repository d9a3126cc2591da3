"""The plugin of every test run: Hypothesis's profile, and one line for all tests that are skipped for one reason."""

from collections import Counter

import pytest

from tests.harness.profiles import load_profiles

load_profiles()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why tests were skipped, each reason in one line: a missing stack skips hundreds."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.items():
        terminalreporter.write_line(f"SKIPPED [{count}] {reason}")
