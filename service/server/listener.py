"""The socket that all workers accept connections on."""

import socket
from contextlib import ExitStack


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address, which refuses connections until a worker listens on it.

    The caller closes it. Raises `OSError`, or `UnicodeError` where `host` cannot be the name of a host.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with ExitStack() as on_error:
        listener = on_error.enter_context(socket.socket(family, kind, protocol))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        on_error.pop_all()
        return listener
