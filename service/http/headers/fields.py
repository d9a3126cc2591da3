"""Field values (RFC 9110, section 5)."""

from litestar.datastructures import Headers


def field_value(headers: Headers, name: str) -> str:
    """Return the lines of a field as one list (section 5.3), empty where the field is missing."""
    return ", ".join(headers.getall(name, []))
