"""What is seen of retries."""

from collections.abc import Iterator

import pytest
import stamina
import structlog
from prometheus_client import REGISTRY

from service.observability.retries import observe_retries


class MetAnotherError(Exception):
    """What a call raises that is worth another try."""


@pytest.fixture(autouse=True)
def observed() -> Iterator[None]:
    observe_retries()
    with stamina.set_testing(True, attempts=3):  # without pauses
        yield
    stamina.instrumentation.set_on_retry_hooks(None)


async def test_retries_are_counted_and_logged_without_their_arguments() -> None:
    async def fail(secret: str) -> None:
        raise MetAnotherError(secret)

    with structlog.testing.capture_logs() as logs, pytest.raises(MetAnotherError):
        await stamina.AsyncRetryingCaller(attempts=3)(MetAnotherError, fail, "hunter2")
    assert [(line["event"], line["reason"], line["attempt"]) for line in logs] == [
        ("trying again", "MetAnotherError", 1),
        ("trying again", "MetAnotherError", 2),
    ]
    assert "hunter2" not in str(logs)
    assert REGISTRY.get_sample_value("fileport_catalog_retries_total", {"reason": "MetAnotherError"}) == 2
