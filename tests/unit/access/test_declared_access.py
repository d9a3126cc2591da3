"""Every route declares its access, or the application does not start."""

import httpx
import pytest
from litestar import Litestar, get

from service.http.access import OPEN, check_declared, needs


def test_a_route_that_declares_no_access_stops_the_start() -> None:
    @get("/v1/secrets", sync_to_thread=False)
    def list_secrets() -> None: ...

    with pytest.raises(LookupError, match="list_secrets"):
        check_declared(Litestar([list_secrets], openapi_config=None).routes)


def test_routes_that_declare_theirs_and_the_options_of_their_paths_are_sound() -> None:
    @get("/open", access=OPEN, sync_to_thread=False)
    def get_open() -> None: ...

    @get("/closed", access=needs("read"), sync_to_thread=False)
    def get_closed() -> None: ...

    check_declared(Litestar([get_open, get_closed], openapi_config=None).routes)


# Every operation that anybody may ask for without a credential: to add one is to say so here.
OPEN_OPERATIONS = {
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    # The token in the path is the credential.
    "GET /s/{token}",
    "PUT /s/{token}",
    "POST /s/{token}",
    "PUT /s/{token}/{name}",
    "POST /s/{token}/{name}",
    "POST /s/{token}/uploads",
    "HEAD /s/{token}/uploads/{upload_id}",
    "PATCH /s/{token}/uploads/{upload_id}",
    "DELETE /s/{token}/uploads/{upload_id}",
}
PUBLIC_OPERATIONS = {"GET /v1/buckets/{bucket}/files/{name}", "GET /v1/files"}


async def test_the_routes_without_credentials_are_these(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/schema/openapi.json")).json()["paths"]
    security = {
        f"{method.upper()} {path}": operation["security"]
        for path, item in paths.items()
        for method, operation in item.items()
        # HEAD answers as GET does.
        if method != "parameters" and not (method == "head" and "get" in item)
    }
    assert {name for name, needed in security.items() if not needed} == OPEN_OPERATIONS
    assert {name for name, needed in security.items() if {} in needed} == PUBLIC_OPERATIONS
