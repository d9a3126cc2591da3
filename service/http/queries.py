"""Query parameters that select files."""

from domain.files.search.errors import InvalidFilterError

# Text that `storable` takes, as JSON Schema.
STORABLE = {"pattern": r"^[^\u0000]*$"}


def storable(text: str | None) -> str | None:
    """Return a parameter's text if the catalog can hold it, else raise `InvalidFilterError`."""
    if text is not None and "\0" in text:
        raise InvalidFilterError("A parameter holds a NUL character.")
    return text
