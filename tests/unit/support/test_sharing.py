"""The parts that the processes of one test run share."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from tests.support.parts.sharing import shared

# Against a hang only.
_SECONDS = 60


class Starts:
    """Counts how often the part was started, and whether it runs."""

    def __init__(self) -> None:
        self.count = 0
        self.running = False

    @contextmanager
    def start(self) -> Iterator[int]:
        self.count += 1
        self.running = True
        yield self.count
        self.running = False


def test_all_use_the_part_at_once_and_the_last_one_ends_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Each opens the file for itself, as processes do: so threads exclude each other as well.
    starts = Starts()
    seen: list[int] = []

    def use() -> None:
        with shared(tmp_path_factory, "used", int, starts.start) as part:
            seen.append(part)

    with shared(tmp_path_factory, "used", int, starts.start):
        users = [Thread(target=use, daemon=True) for _ in range(4)]
        for user in users:
            user.start()
        for user in users:
            user.join(_SECONDS)
        assert seen == [1] * 4
        assert starts.running
    assert not starts.running


def test_a_part_that_has_ended_is_started_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    starts = Starts()
    for number in (1, 2):
        with shared(tmp_path_factory, "again", int, starts.start) as part:
            assert part == number
