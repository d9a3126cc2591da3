"""The line that is logged for each request."""

from ipaddress import ip_network
from typing import Any

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from service.http.middleware.request_log import log_requests
from service.http.middleware.response_progress import track_response
from service.observability.request_context import add_request


@pytest.mark.parametrize(
    ("proxies", "client"), [((), "127.0.0.1"), ((ip_network("127.0.0.0/8"),), "203.0.113.7")], ids=["none", "trusted"]
)
async def test_every_line_has_the_id_of_the_request_and_the_address_of_its_client(proxies: Any, client: str) -> None:
    log = structlog.get_logger()

    async def app(_: Any, __: Any, send: Any) -> None:
        log.info("at work")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    wrapped = track_response(log_requests(app, trusted_proxies=proxies))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(wrapped), base_url="http://fileport.test") as caller:  # type: ignore[arg-type]
        with capture_logs(processors=[add_request]) as lines:
            answer = await caller.get("/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7"})
    assert [line["event"] for line in lines] == ["at work", "request"]
    for line in lines:
        assert (line["client"], line["request_id"]) == (client, answer.headers["x-request-id"])
