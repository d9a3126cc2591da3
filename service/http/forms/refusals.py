"""Bodies that are not files."""

from http import HTTPStatus

from litestar.exceptions import HTTPException

from domain.errors import InvalidInputError
from service.http.request import FileportRequest


def refuse_what_is_no_file(request: FileportRequest, forms: str) -> None:
    """Return if the body is a whole file. Raises `InvalidInputError`, and 415 for a form, which is for `forms`."""
    # RFC 9110, section 14.5: a part of the file, which would replace the whole.
    if "content-range" in request.headers:
        raise InvalidInputError("PUT stores whole files: Content-Range is refused.")
    # RFC 7578: a file with its framing.
    if request.media_type == "multipart/form-data":
        raise HTTPException(
            status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            detail=f"PUT stores its body as it is, and this one is a form: POST it to {forms}.",
        )
