"""A worker never outlives its server."""

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

# Two workers, of whom one dies before anybody waits for them.
_DYING = """
import os, signal
from service.server.supervisor import Supervisor

turn, give = os.pipe()
os.write(give, b"x")
os.set_blocking(turn, False)
gone, alive = os.pipe()

def work():
    try:
        os.read(turn, 1)
    except BlockingIOError:
        os.close(alive)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        signal.sigwait([signal.SIGTERM])
        os._exit(0)
    os._exit(9)

supervisor = Supervisor(work, count=2, timeout=30)
supervisor.start()
os.close(alive)
os.read(gone, 1)
print(supervisor.join())
"""


def output_of_worker(server: str) -> str:
    """Return what the worker prints, once it has ended: it holds the pipe as long as it lives."""
    return subprocess.run([sys.executable, "-c", server], capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_worker_whose_server_was_killed_before_it_began_ends() -> None:
    assert output_of_worker(_ORPHAN) == "orphaned\n"


def test_a_worker_whose_server_is_killed_ends() -> None:
    assert output_of_worker(_TOLD) == "asked\n"


def test_a_worker_that_dies_before_anybody_waits_for_it_takes_the_others_along() -> None:
    assert output_of_worker(_DYING).splitlines()[-1] == "1"
