"""Lines on a stream that several processes share."""

import asyncio
import io
import multiprocessing
import os

import pytest

from service.observability.line_writer import LineWriter
from tests.support.loop_clock import LoopClock

WRITERS, LINES = 4, 2000


def write_lines(name: int, descriptor: int) -> None:
    with os.fdopen(descriptor, "w") as stream:
        writer = LineWriter(stream)
        # As in a worker, whose loop runs: nothing is written but full calls.
        writer._timer = object()  # type: ignore[assignment] # noqa: SLF001
        for number in range(LINES):
            writer.gather(f"{name} {number} {'x' * (number % 300)}")
        writer.flush()


def test_lines_of_processes_that_share_a_pipe_are_whole_and_in_order() -> None:
    take, give = os.pipe()
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=write_lines, args=[name, give]) for name in range(WRITERS)]
    for process in processes:
        process.start()
    os.close(give)
    with os.fdopen(take) as stream:
        lines = [line.rstrip("\n").split(" ") for line in stream]
    for process in processes:
        process.join()
    for writer in range(WRITERS):
        own = [(int(number), len(rest)) for name, number, rest in lines if name == str(writer)]
        assert own == [(number, number % 300) for number in range(LINES)]


class Calls(io.StringIO):
    """A stream that keeps what each call writes."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, text: str) -> int:
        self.calls.append(text)
        return len(text)


async def test_gathered_lines_are_one_call_and_stand_before_a_line_that_is_written_at_once() -> None:
    stream = Calls()
    writer = LineWriter(stream)
    writer.gather("first")
    writer.gather("second")
    assert stream.calls == []
    writer.write("third")
    assert stream.calls == ["first\nsecond\n", "third\n"]
    writer.flush()
    assert len(stream.calls) == 2


async def test_no_call_has_more_than_a_pipe_keeps_together_unless_one_line_has() -> None:
    stream = Calls()
    writer = LineWriter(stream)
    for _ in range(100):
        writer.gather("x" * 99)
    writer.gather("y" * 10_000)
    writer.flush()
    assert [len(each) for each in stream.calls] == [4000, 4000, 2000, 10_001]


async def test_gathered_lines_are_written_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Calls()
    writer = LineWriter(stream)
    clock = LoopClock(monkeypatch)
    async with clock.running():
        writer.gather("first")
        for _ in range(10):
            await asyncio.sleep(0)
    assert stream.calls == ["first\n"]


def test_a_line_is_written_at_once_where_no_loop_runs() -> None:
    stream = Calls()
    LineWriter(stream).gather("first")
    assert stream.calls == ["first\n"]


def test_a_stream_that_nobody_reads_fails_no_one() -> None:
    take, give = os.pipe()
    os.close(take)
    with os.fdopen(give, "w") as stream:
        LineWriter(stream).write("first")
