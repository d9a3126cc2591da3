"""The journal: each request and its answer, kept outside of the service, a JSON object a line."""

import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec


class Journal:
    """Writes down each request before it is sent, and its end after it. A line that is written is in the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab")
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, event: str, **facts: Any) -> int:
        """Write one line and return its number."""
        self._written += 1
        line = {"n": self._written, "at": round(time.time(), 6), "event": event, **facts}
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()
        return self._written
