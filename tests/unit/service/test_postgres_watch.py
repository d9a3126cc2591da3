"""The watch over the embedded Postgres, on a fake server and a fake clock."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from domain.errors import FileportError
from service.observability.shared_metrics import POSTGRES_RESTARTS
from service.postgres_watch import MOST_RESTARTS, PostgresWatch


class FakePostgres:
    """A server that runs, until a test ends it. Where it is `broken`, it does not start."""

    path = Path("/cluster")

    def __init__(self) -> None:
        self.runs = True
        self.recovers = False
        self.broken: Exception | None = None
        self.starts = 0

    def is_running(self) -> bool:
        return self.runs

    def answers(self) -> bool:
        return self.runs and not self.recovers

    def start_again(self) -> None:
        self.starts += 1
        if self.broken is not None:
            raise self.broken
        self.runs = True


class Watched:
    """A watch that looks every second."""

    def __init__(self) -> None:
        self.postgres = FakePostgres()
        self.now = 0.0
        self._watch = PostgresWatch(self.postgres, clock=lambda: self.now)

    def look(self, seconds: int = 1) -> bool:
        looks = [self._look() for _ in range(seconds)]
        return all(looks)

    def _look(self) -> bool:
        self.now += 1
        return self._watch()


@pytest.fixture
def watched() -> Watched:
    return Watched()


def events(logs: list[EventDict]) -> list[tuple[object, object]]:
    return [(line["log_level"], line["event"]) for line in logs]


def test_a_server_that_runs_is_left_alone(watched: Watched) -> None:
    with capture_logs() as logs:
        assert watched.look(600)
    assert watched.postgres.starts == 0
    assert logs == []


def test_a_server_that_ended_is_started_again_and_both_are_logged(watched: Watched) -> None:
    counted = POSTGRES_RESTARTS.value
    watched.postgres.runs = False
    watched.postgres.recovers = True
    with capture_logs() as logs:
        assert watched.look(10)
        watched.postgres.recovers = False
        assert watched.look(10)
    assert watched.postgres.starts == 1
    assert POSTGRES_RESTARTS.value == counted + 1
    assert events(logs) == [
        ("error", "the embedded Postgres ended"),
        ("warning", "the embedded Postgres runs again"),
    ]
    assert logs[0]["logs"] == "/cluster/startup.log, /cluster/log"


def test_a_server_that_does_not_start_is_given_up_after_some_minutes(watched: Watched) -> None:
    watched.postgres.runs = False
    watched.postgres.broken = FileportError("no")
    with capture_logs() as logs:
        while watched.look():
            assert watched.now < 600
    assert watched.now > 90
    assert watched.postgres.starts == MOST_RESTARTS
    assert events(logs)[-1] == ("error", "the embedded Postgres ended too often, so the server ends")
    assert ("error", "the embedded Postgres cannot be started") in events(logs)


def test_a_server_that_somebody_else_has_started_meanwhile_is_left_alone(watched: Watched) -> None:
    watched.postgres.runs = False
    assert watched.look()
    watched.postgres.runs = True
    assert watched.look(60)
    assert watched.postgres.starts == 0
