"""What describes an object to store: the headers of a request, or the fields of a form."""

from collections.abc import Mapping
from typing import Protocol


class Fields(Protocol):
    """Values by their names in lower case. They hold bytes, as Latin-1 has them."""

    @property
    def trailers(self) -> Mapping[str, str]:
        """Those behind the body, complete at its end."""
        ...

    def field(self, name: str) -> str:
        """Return a value, empty where there is none."""
        ...

    def fields(self, prefix: str) -> dict[str, str]:
        """Return the values whose names begin with `prefix`."""
        ...
