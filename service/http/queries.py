"""What holds for every query that asks which files."""

from typing import Any

from litestar import Request

from domain.files.search.errors import InvalidFilterError


def refuse_unknown(request: Request[Any, Any, Any]) -> None:
    """Raise `InvalidFilterError` for a parameter that the handler does not know: left out, it would find too much."""
    known = request.route_handler.parsed_fn_signature.parameters.keys() - {"request"}
    unknown = request.query_params.keys() - known
    if unknown:
        raise InvalidFilterError(f"Unknown parameter {min(unknown)!r}.")


def storable(text: str | None) -> str | None:
    """Return what a parameter says if the catalog could hold it, else raise `InvalidFilterError`."""
    if text is not None and "\0" in text:
        raise InvalidFilterError("A parameter holds a NUL character.")
    return text
