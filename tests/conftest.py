"""What holds for every test run."""

from collections import Counter

import pytest
from hypothesis import settings

from tests.harness.stateful.machine import LONG

settings.register_profile(LONG, max_examples=3000)
settings.register_profile("brief", max_examples=40)
settings.load_profile("brief")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why tests were skipped, each reason in one line: a stack that is not there skips hundreds."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.items():
        terminalreporter.write_line(f"SKIPPED [{count}] {reason}")
