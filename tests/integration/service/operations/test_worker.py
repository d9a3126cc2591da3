"""A worker never outlives its server, and is replaced when it dies."""

import subprocess
import sys

# A server that ends while its worker is on its way: nothing tells the worker, who has not asked to be told yet.
_ORPHAN = """
import multiprocessing, os
from service.server.supervisor import end_with_parent

def work(server):
    while os.getppid() == server:
        pass
    print("orphaned", flush=True)
    end_with_parent()
    print("serving", flush=True)

multiprocessing.get_context("fork").Process(target=work, args=[os.getpid()]).start()
os._exit(0)
"""

# A worker that has asked, and whose server ends then.
_TOLD = """
import multiprocessing, os, signal
from service.server.supervisor import end_with_parent

def work(ready):
    end_with_parent()
    print("asked", flush=True)
    ready.set()
    signal.pause()

fork = multiprocessing.get_context("fork")
ready = fork.Event()
fork.Process(target=work, args=[ready]).start()
ready.wait()
os._exit(0)
"""

# Supervised workers, each of which knows how many came before it.
_SUPERVISED = """
import os, signal, socket, sys
import structlog
from service.server import restarts
from service.server.supervisor import Supervisor

restarts._FIRST_PAUSE = 0.01

structlog.configure(logger_factory=structlog.WriteLoggerFactory(sys.stderr))
turns, give = os.pipe()
os.write(give, bytes(range(100)))

def say(*words):
    # In one call: all of them write to one pipe.
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def work(number, on_serving):
    turn = os.read(turns, 1)[0]
    say("turn", turn)
    act(turn, on_serving)

def wait_for_sigterm():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    signal.sigwait([signal.SIGTERM])
    os._exit(0)

def run(count):
    replaced = []
    with socket.socket() as listener:
        supervisor = Supervisor(
            work, [listener], count=count, timeout=30, on_restart=lambda *each: replaced.append(each)
        )
        supervisor.start()
        status = supervisor.join()
        say("status", status, "replaced", len(replaced), "closed", listener.fileno() == -1)
"""

_FAILING_AT_START = """
def act(turn, on_serving):
    wait_for_sigterm() if turn else os._exit(9)
run(2)
"""

_KILLED = """
def act(turn, on_serving):
    os.kill(os.getpid() if turn < 3 else os.getppid(), signal.SIGKILL if turn < 3 else signal.SIGTERM)
    wait_for_sigterm()
run(1)
"""

_FAILING_WHILE_SERVING = """
def act(turn, on_serving):
    on_serving()
    if not turn:
        raise SystemExit(9)
    os.kill(os.getppid(), signal.SIGTERM)
    wait_for_sigterm()
run(1)
"""

_DYING_AGAIN_AND_AGAIN = """
def act(turn, on_serving):
    on_serving()
    os.kill(os.getpid(), signal.SIGKILL)
run(1)
"""

# SIGTERM comes while a dead worker is about to be replaced.
_STOPPED_MEANWHILE = """
def act(turn, on_serving):
    os.kill(os.getpid(), signal.SIGKILL)
with socket.socket() as listener:
    supervisor = Supervisor(
        work, [listener], count=1, timeout=30, on_restart=lambda *_: os.kill(os.getpid(), signal.SIGTERM)
    )
    supervisor.start()
    say("status", supervisor.join())
"""

_WATCHED = """
def act(turn, on_serving):
    on_serving()
    wait_for_sigterm()
looks = iter([True, True, False])
with socket.socket() as listener:
    supervisor = Supervisor(work, [listener], count=2, timeout=30, watch=lambda: next(looks))
    supervisor.start()
    say("status", supervisor.join(), "looks left", len(list(looks)))
"""


def output_of_worker(server: str) -> str:
    """Return what the worker prints, once it has ended: it holds the pipe as long as it lives."""
    return subprocess.run([sys.executable, "-c", server], capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_worker_whose_server_was_killed_before_it_began_ends() -> None:
    assert output_of_worker(_ORPHAN) == "orphaned\n"


def test_a_worker_whose_server_is_killed_ends() -> None:
    assert output_of_worker(_TOLD) == "asked\n"


def lines_of(workers: str) -> list[str]:
    """Return what the workers and their supervisor print."""
    return output_of_worker(_SUPERVISED + workers).splitlines()


def test_a_worker_that_fails_before_any_has_served_takes_the_others_along() -> None:
    assert lines_of(_FAILING_AT_START)[-1] == "status 1 replaced 0 closed True"


def test_a_worker_that_is_killed_is_started_again_whenever_it_happens() -> None:
    turns = [f"turn {turn}" for turn in range(4)]
    assert lines_of(_KILLED) == [*turns, "status 0 replaced 3 closed True"]


def test_a_worker_that_fails_while_it_serves_is_started_again() -> None:
    assert lines_of(_FAILING_WHILE_SERVING) == ["turn 0", "turn 1", "status 0 replaced 1 closed True"]


def test_a_worker_that_dies_again_and_again_ends_the_server() -> None:
    turns = [f"turn {turn}" for turn in range(6)]
    assert lines_of(_DYING_AGAIN_AND_AGAIN) == [*turns, "status 1 replaced 6 closed True"]


def test_a_supervisor_that_is_stopped_replaces_no_worker() -> None:
    assert lines_of(_STOPPED_MEANWHILE) == ["turn 0", "status 0"]


def test_workers_are_stopped_where_the_watch_says_that_all_is_lost() -> None:
    assert lines_of(_WATCHED)[-1] == "status 1 looks left 0"
