"""Parameters of the routes to files' bytes."""

from typing import Annotated

from domain.files.names import MAX_NAME_BYTES, FileName
from service.http.bodies.file_examples import FILE
from service.http.openapi.parameters import path, query
from service.http.openapi.schemas import schema_of

FilePath = Annotated[
    str,
    path(
        "The file's name: a Unicode path, percent-encoded. Its slashes may stand as they are, or be encoded. Where no "
        "file has exactly this name, one whose name is its other normal form (NFC, NFD) is read or deleted, and "
        "none is replaced.",
        FILE.name,
        schema_of(FileName),
    ),
]
Download = Annotated[
    str | None,
    query(
        "Have a browser save the bytes, under this name, or under the file's own if it is empty.",
        "a night at the opera.flac",
        {"maxLength": MAX_NAME_BYTES},
    ),
]
Redirect = Annotated[
    bool,
    query(
        "Answer 307 to a URL of the blob store's own that serves the bytes, or a range of them, with the file's type "
        "and disposition. It needs no key, so whoever has it can read the bytes until it ends. Send it no "
        "`Authorization`. 409 where the bytes are kept on a disk. A small file comes at once.",
        True,
    ),
]
