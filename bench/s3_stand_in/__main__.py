"""`python -m bench.s3_stand_in PORT`: serve until SIGTERM."""

import asyncio
import signal
import sys

import uvloop

from bench.clients.connection import HOST
from bench.s3_stand_in.protocol import Protocol
from bench.s3_stand_in.store import Store


async def _serve(port: int) -> None:
    store, loop, ended = Store(), asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Protocol(store), HOST, port, backlog=1024)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
