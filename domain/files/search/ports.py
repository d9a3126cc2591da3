"""The port of file search; `tests/contracts` checks its contract."""

from typing import Protocol

from domain.files.model import File
from domain.files.search.by_name import NameEntry, NameQuery
from domain.files.search.model import FileQuery


class FileSearch(Protocol):
    """Finds files by their fields. For every call, an expired file does not exist.

    A call that would have to look at too many files raises `QueryTooExpensiveError` after some seconds.
    """

    async def list_files(self, query: FileQuery) -> list[File]:
        """Return the page of files that `query` describes."""
        ...

    async def list_names(self, query: NameQuery) -> list[NameEntry]:
        """Return the entries that `query` describes. None of a bucket that does not exist.

        Costs what the entries do, however many names one of them stands for.
        """
        ...

    async def count_files(self, query: FileQuery) -> int:
        """Return the number of files that pass the filters of `query`, whatever its page."""
        ...
