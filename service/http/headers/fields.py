"""Field values (RFC 9110, section 5)."""

from collections.abc import Iterable

from litestar.datastructures import Headers


def field_value(headers: Headers, name: str) -> str:
    """Return the lines of a field as one list (section 5.3), empty where the field is missing."""
    return ", ".join(headers.getall(name, []))


def has_conditions(lines: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a condition (section 13.1) is among the lines of a request, whose names are in lower case."""
    return any(name.startswith(b"if-") for name, _ in lines)
