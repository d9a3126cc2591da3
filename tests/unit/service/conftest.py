"""What tests of the service's parts leave behind."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs_configured_as_before() -> Iterator[None]:
    """Undo what a test has configured: others would write to where its own standard error was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
