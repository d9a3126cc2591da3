"""Responses before the end of the body wait for it, so that they are not lost, but not for ever."""

from typing import Any

import anyio
import pytest

from service.http.middleware.close_after_early_response import close_after_early_response

BODY = {"type": "http.request", "body": b"x", "more_body": True}
END = {"type": "http.request", "body": b"", "more_body": False}
GONE = {"type": "http.disconnect"}


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [(b"connection", b"keep-alive"), (b"content-length", b"8")],
        }
    )
    await send({"type": "http.response.body", "body": b"too much", "more_body": False})


async def answer(messages: list[Any], *, idle: float = 60) -> list[Any]:
    """Return the messages sent where `messages` are received, and then none."""
    sent: list[Any] = []

    async def receive() -> Any:
        if not messages:
            await anyio.sleep_forever()
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "http_version": "1.1", "headers": [(b"transfer-encoding", b"chunked")]}
    await close_after_early_response(refuse, idle=idle)(scope, receive, send)
    return sent


@pytest.mark.parametrize("end", [END, GONE])
async def test_the_rest_of_the_body_is_taken_after_the_answer_and_before_its_end(end: Any) -> None:
    messages = [BODY, BODY, BODY, end]
    sent = await answer(messages)
    assert not messages
    assert sent[0]["headers"] == [(b"content-length", b"8"), (b"connection", b"close")]
    assert [(message["body"], message["more_body"]) for message in sent[1:]] == [(b"too much", True), (b"", False)]


async def test_a_rest_that_does_not_come_is_not_waited_for_too_long() -> None:
    sent = await answer([BODY, BODY], idle=0)
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_an_answer_after_the_bodys_end_is_left_as_it_is() -> None:
    sent = await answer([END])
    assert (b"content-length", b"8") in sent[0]["headers"]
    assert len(sent) == 2
