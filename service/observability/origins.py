"""The origins of failures: the settings that say where the stores and the secret source are."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from adapters.embedded.errors import EmbeddedPostgresError
from domain.blobs.errors import BlobStoreUnavailableError
from domain.errors import CatalogUnavailableError
from domain.secrets.errors import SecretUnavailableError
from service.environment import PREFIX
from service.observability.causes import Origins
from service.settings import Settings


def origins_of(settings: Settings) -> Origins:
    """Return the origins of the errors of both stores and of the secret source, without passwords."""
    return {
        CatalogUnavailableError.code: _database(settings),
        EmbeddedPostgresError.code: _origin("DATA_DIR", str(settings.data_dir)),
        BlobStoreUnavailableError.code: _blob_store(settings),
        SecretUnavailableError.code: _origin("DATABASE_SECRET_ID", settings.database_secret_id or ""),
    }


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
