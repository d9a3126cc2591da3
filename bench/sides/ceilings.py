"""Servers that do less than a file service: Litestar, bare ASGI, nginx, a sendfile loop."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.clients.connection import HOST
from bench.processes import Program, StartError, environment, free_port, python_program
from bench.sides.side import Api, Side
from bench.sides.uvicorn import uvicorn

_API = Api(nothing="/", upload="/uploads/{name}", metadata="/files/{id}")
_NGINX = """
daemon off; master_process off; worker_processes 1; pid {directory}/nginx.pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    sendfile on; tcp_nopush on; sendfile_max_chunk 2m; access_log off; keepalive_requests 1000000;
    client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
    uwsgi_temp_path {directory}; scgi_temp_path {directory};
    server {{ listen {host}:{port}; root {root}; }}
}}
"""


def start_app(name: str, app: str, directory: Path, database_url: str, cores: Sequence[int]) -> Side:
    """An application of `bench.ceilings`, which asks the database of the guides' stack."""
    port = free_port()
    environ = environment(CEILINGS_DATABASE_URL=database_url)
    program = Program(uvicorn(f"bench.ceilings.{app}:app", port), environ, directory / f"{name}.log", cores)
    program.wait_for(port, _API.nothing, {})
    return Side(name, program, port, _API, has_key=False)


def start_nginx(name: str, directory: Path, file: Path, cores: Sequence[int]) -> Side:
    """nginx, whose `/` is the directory of `file`. Raises `StartError` where it is not installed."""
    nginx, port = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"), free_port()
    if nginx is None:
        raise StartError("nginx is not installed (Debian: apt-get install nginx-light).")
    directory.mkdir(exist_ok=True)
    configuration = directory / "nginx.conf"
    configuration.write_text(_NGINX.format(directory=directory, host=HOST, port=port, root=file.parent))
    command = [nginx, "-p", str(directory), "-c", str(configuration), "-e", "stderr"]
    program = Program(command, environment(), directory / "server.log", cores)
    program.wait_for(port, "", {})
    return Side(name, program, port, Api(nothing=f"/{file.name}", content=f"/{file.name}"), has_key=False)


def start_sendfile(name: str, directory: Path, file: Path, cores: Sequence[int]) -> Side:
    port = free_port()
    command = python_program("-m", "bench.ceilings.sendfile", str(port), str(file))
    program = Program(command, environment(), directory / f"{name}.log", cores)
    program.wait_for(port, "", {})
    return Side(name, program, port, Api(nothing="/", content="/"), has_key=False)
