"""The causes of failures: for the log, and for the person who starts the service. Clients never see them."""

import errno
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, urlsplit

from adapters.embedded.errors import EmbeddedPostgresError
from domain.blobs.errors import BlobStoreUnavailableError
from domain.errors import CatalogUnavailableError, FileportError
from domain.secrets.errors import SecretUnavailableError
from service.environment import PREFIX
from service.settings import Settings

# By the codes of errors: the setting that says where the failing part is, and where it is.
Origins = Mapping[str, Mapping[str, str]]


def origins_of(settings: Settings) -> Origins:
    """Return the origins of the errors of both stores and of the secret source, without passwords."""
    return {
        CatalogUnavailableError.code: _database(settings),
        EmbeddedPostgresError.code: _origin("DATA_DIR", str(settings.data_dir)),
        BlobStoreUnavailableError.code: _blob_store(settings),
        SecretUnavailableError.code: _origin("DATABASE_SECRET_ID", settings.database_secret_id or ""),
    }


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
    # A timeout is raised from the cancellation that it took, which is no `Exception`.
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


def _database(settings: Settings) -> Mapping[str, str]:
    if settings.database_url is None:
        return _origin("DATA_DIR", str(settings.data_dir))
    parts = urlsplit(settings.database_url)
    host = parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", ()))
    return _origin("DATABASE_URL", host or "this machine")


def _blob_store(settings: Settings) -> Mapping[str, str]:
    if settings.blob_store == "disk":
        return _origin("DATA_DIR", str(settings.data_dir))
    if settings.s3_endpoint_url is None:
        return _origin("S3_BUCKET", f"the bucket {settings.s3_bucket} of AWS")
    host = urlsplit(settings.s3_endpoint_url).netloc.rpartition("@")[2]
    return _origin("S3_ENDPOINT_URL", f"{host}, the bucket {settings.s3_bucket}")


def _origin(name: str, at: str) -> Mapping[str, str]:
    return {"setting": f"{PREFIX}{name}", "at": at}
