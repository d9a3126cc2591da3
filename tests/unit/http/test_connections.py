"""Connections are cut by who is at their other end, and no others."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from service.http.connections import cut, cut_all

# The server's end of a connection, and the client's.
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    try:
        listener = socket.create_server((request.param, 0), family=family)
    except OSError:
        pytest.skip("This machine has no IPv6.")
    with listener:
        yield listener


def connect(listener: socket.socket) -> Pair:
    client = socket.create_connection(listener.getsockname()[:2])
    client.settimeout(10)
    return listener.accept()[0], client


def is_open(pair: Pair) -> bool:
    server, client = pair
    try:
        server.sendall(b"x")
        return client.recv(1) == b"x"
    except OSError:
        return False


def scope_of(pair: Pair) -> Any:
    server, client = pair
    return {"client": client.getsockname()[:2], "server": server.getsockname()[:2]}


def test_only_the_client_that_is_meant_loses_its_connection(listener: socket.socket) -> None:
    slow, other = connect(listener), connect(listener)
    cut(scope_of(slow))
    assert not is_open(slow)
    assert is_open(other)
    for pair in (slow, other):
        for each in pair:
            each.close()


def test_all_clients_of_a_port_lose_their_connections_and_the_port_stays_open(listener: socket.socket) -> None:
    pairs = [connect(listener), connect(listener)]
    assert cut_all(listener.getsockname()[1]) == len(pairs)
    assert not any(map(is_open, pairs))
    pairs.append(connect(listener))
    assert is_open(pairs[-1])
    for pair in pairs:
        for each in pair:
            each.close()


def test_a_request_without_addresses_has_no_connection_to_cut() -> None:
    cut({"client": None, "server": None})  # type: ignore[typeddict-item] # as servers on other sockets have it
