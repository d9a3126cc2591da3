"""The causes of failures: for the log, and for the person who starts the service. Clients never see them."""

import errno
from collections.abc import Iterator, Mapping

from domain.errors import FileportError

# By the codes of errors: the setting that says where the failing part is, and where it is.
Origins = Mapping[str, Mapping[str, str]]


def facts_of(error: FileportError) -> dict[str, str]:
    """Return the fields of a log line about `error`."""
    cause = cause_of(error)
    return {"code": error.code, "detail": error.detail, **({"cause": cause} if cause else {})}


def explain(error: FileportError, origins: Origins) -> str:
    """Return one line about `error` for the person who starts the service."""
    said = [error.detail if error.detail[-1:] in {".", "?"} else f"{error.detail}."]
    if origin := origins.get(error.code):
        said.append(f"See {origin['setting']}, which leads to {origin['at']}.")
    if cause := cause_of(error):
        said.append(f"The cause: {cause}")
    return " ".join(said)


def cause_of(error: BaseException) -> str:
    """Return what the first and the last error below `error` say, in one line; empty where there is none."""
    # A timeout is raised from the cancellation that it took, which is not an `Exception`.
    chain = [each for each in _chain(error.__cause__) if isinstance(each, Exception)]
    below = [each for each in chain if not isinstance(each, FileportError)]
    return ", from ".join(dict.fromkeys(_text(each) for each in (*below[:1], *below[-1:])))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _text(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno is not None and error.errno in errno.errorcode:
        name = errno.errorcode[error.errno]
        at = f": {error.filename}" if error.filename is not None else ""
        said = f"{error.strerror}{at}"
    else:
        name, said = type(error).__name__, str(error)
    return " ".join(f"{name}: {said}".split()) if said else name
