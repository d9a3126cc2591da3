"""`python -m bench.ceilings.sendfile PORT FILE`: answer each request with the file, from blocking threads."""

import socket
import sys
import threading
from pathlib import Path

from bench.clients.connection import HOST


def main() -> None:
    port, path = int(sys.argv[1]), Path(sys.argv[2])
    with socket.create_server((HOST, port)) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, path), daemon=True).start()


def _serve(connection: socket.socket, path: Path) -> None:
    with connection, path.open("rb") as file:
        size = path.stat().st_size
        while connection.recv(65536):  # a request of one segment
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
            file.seek(0)
            connection.sendfile(file)


if __name__ == "__main__":
    main()
