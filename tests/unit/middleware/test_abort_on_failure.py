"""Responses that fail midway, with a connection to end and without one."""

from typing import Any

import pytest
import structlog

from domain.blobs.errors import BlobStoreUnavailableError
from service.http.connection import EXTENSION
from service.http.middleware.abort_on_failure import abort_on_failure
from service.http.middleware.response_progress import track_response

START = {"type": "http.response.start", "status": 200, "headers": []}


class Connection:
    """A connection whose response can be truncated."""

    trailers = ()
    unsent = 0
    is_truncated = False

    def truncate_response(self) -> None:
        self.is_truncated = True


async def fail(error: Exception, connection: Connection | None, *sent: Any) -> None:
    async def failing(_: Any, __: Any, send: Any) -> None:
        for message in sent:
            await send(message)
        raise error

    async def send(_: Any) -> None:
        pass

    scope: Any = {"type": "http"} if connection is None else {"type": "http", "extensions": {EXTENSION: connection}}
    await track_response(abort_on_failure(failing))(scope, None, send)  # type: ignore[arg-type] # nothing is received


@pytest.mark.parametrize(
    ("error", "level"), [(BlobStoreUnavailableError("It is away."), "warning"), (ValueError("A bug."), "error")]
)
async def test_a_response_that_has_begun_is_truncated_and_a_log_line_says_why(error: Exception, level: str) -> None:
    connection = Connection()
    with structlog.testing.capture_logs() as logs:
        await fail(error, connection, START)
    assert connection.is_truncated
    assert [(line["event"], line["log_level"]) for line in logs] == [("answer broken off", level)]


@pytest.mark.parametrize(("connection", "sent"), [(Connection(), []), (None, [START])])
async def test_an_error_is_raised_before_the_response_or_without_a_connection(
    connection: Connection | None, sent: list[Any]
) -> None:
    with pytest.raises(ValueError, match="A bug"):
        await fail(ValueError("A bug."), connection, *sent)
    assert connection is None or not connection.is_truncated
