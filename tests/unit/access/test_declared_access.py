"""Every route declares its access, or the application does not start."""

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
