"""Headers of tus that stand once at most: of two, nobody could say which one counts."""

from domain.uploads.errors import InvalidUploadError
from service.http.request import FileportRequest


def single_value(request: FileportRequest, name: str) -> str | None:
    """Return the value of a header that stands once at most, None where it is missing."""
    values = request.headers.getall(name, [])
    if len(values) > 1:
        raise InvalidUploadError(f"{name.title()} stands more than once.")
    return values[0] if values else None
