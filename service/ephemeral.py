"""The embedded stack in a temporary directory, which goes with the process: for the tests of what uses the service."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from service.embedded import StartedStack, bundled_postgres, stack_on
from service.environment import PREFIX, SettingsError
from service.settings import Settings


@contextmanager
def ephemeral_stack(settings: Settings) -> Iterator[StartedStack]:
    """Give a complete stack with nothing in it, and leave nothing of it at the end, or after a kill of this process.

    Nothing waits for the disk. Raises `SettingsError` where data would be kept elsewhere.
    """
    if not settings.is_embedded or settings.blob_store != "disk":
        raise SettingsError(f"--ephemeral keeps all data itself: unset {PREFIX}DATABASE_URL and {PREFIX}S3_BUCKET.")
    directory = Path(tempfile.mkdtemp(prefix="fileport-"))
    try:
        directory.chmod(0o711)  # another user may run PostgreSQL there
        temporary = msgspec.structs.replace(settings, data_dir=directory)
        postgres = bundled_postgres(temporary, is_durable=False)

        def remove() -> None:
            postgres.stop()
            shutil.rmtree(directory, ignore_errors=True)

        with stack_on(postgres, temporary) as stack, called_after_a_kill(remove):
            yield stack
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def called_after_a_kill(call: Callable[[], None]) -> Iterator[None]:
    """Have another process run `call` if this process, and those that it forks, end before the context does."""
    end, other_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            # What stops all processes of the service stops this one by the end of the others.
            os.setsid()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            os.close(other_end)
            if not os.read(end, 1):
                call()
        finally:
            os._exit(0)
    os.close(end)
    try:
        yield
    finally:
        os.write(other_end, b"1")
        os.close(other_end)
        os.waitpid(pid, 0)
