"""One run of the application: with a scope of its own, and with every byte that arrived before a disconnect."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from service.http.connection import ZERO_COPY_SEND
from service.server.http1.sent_files import send_file


async def run_application(app: Any, cycle: RequestResponseCycle, scope: Any, receive: Any, send: Any) -> None:
    """Run `app` on a copy of `scope`, and deliver the bytes before a disconnect, which uvicorn withholds.

    `send` returns once the client has room for more, so that nothing is read for one that takes nothing.
    """
    has_ended = False

    async def receive_buffered() -> Any:
        nonlocal has_ended
        message = await receive()
        if message["type"] == "http.disconnect" and not has_ended and (cycle.body or not cycle.more_body):
            message = {"type": "http.request", "body": bytes(cycle.body), "more_body": cycle.more_body}
            cycle.body = bytearray()
        has_ended = has_ended or not message.get("more_body", False)
        return message

    async def send_and_drain(message: Any) -> None:
        if message["type"] == ZERO_COPY_SEND:
            await send_file(cycle, message)
            return
        await send(message)
        if cycle.flow.write_paused and not cycle.disconnected and not cycle.response_complete:
            await cycle.flow.drain()

    # The application may override the method in its copy; uvicorn frames the response by the method that was sent.
    await app({**scope}, receive_buffered, send_and_drain)
