"""What proxies say of a request, and what is made of it."""

from ipaddress import ip_network

import pytest

from service.http.proxies.forwarded import MAX_BYTES, client_address, forwarded_origin, forwarded_prefix

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
Headers = tuple[tuple[str, str], ...]


def fields(*headers: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers]


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ((), "10.0.0.1"),
        ((("X-Forwarded-For", "203.0.113.7"),), "203.0.113.7"),
        ((("X-Forwarded-For", "203.0.113.7:4711"),), "203.0.113.7"),
        ((("X-Forwarded-For", "[2001:db8::1]:4711"),), "2001:db8::1"),
        ((("X-Forwarded-For", "::ffff:203.0.113.7"),), "203.0.113.7"),
        # What the client has made up stands before what the first proxy saw.
        ((("X-Forwarded-For", "198.51.100.1, 203.0.113.7"),), "203.0.113.7"),
        ((("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "203.0.113.7, 10.0.0.2")), "203.0.113.7"),
        ((("X-Forwarded-For", "203.0.113.7, fd00::1, 10.0.0.2"),), "203.0.113.7"),
        ((("X-Forwarded-For", "10.0.0.3, 10.0.0.2"),), "10.0.0.3"),
        ((("X-Forwarded-For", "203.0.113.7, unknown"),), "10.0.0.1"),
        ((("X-Forwarded-For", "evil\nline"),), "10.0.0.1"),
        ((("Forwarded", 'for="[2001:db8::1]:4711";proto=https, for=10.0.0.2'),), "2001:db8::1"),
        ((("Forwarded", "for=_hidden"),), "10.0.0.1"),
        ((("Forwarded", "proto=https"), ("X-Forwarded-For", "203.0.113.7")), "203.0.113.7"),
        ((("Forwarded", "for=203.0.113.7"), ("X-Forwarded-For", "198.51.100.1")), "203.0.113.7"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy_s(headers: Headers, client: str) -> None:
    assert client_address("10.0.0.1", fields(*headers), PROXIES) == client


@pytest.mark.parametrize("peer", ["192.0.2.1", "unix", None])
def test_only_proxies_are_believed(peer: str | None) -> None:
    said = fields(("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=203.0.113.7"))
    assert client_address(peer, said, PROXIES) == (peer or "")
    assert client_address("10.0.0.1", said, ()) == "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "origin"),
    [
        ("for=192.0.2.1;proto=https;host=a.example", {"proto": "https", "host": "a.example"}),
        (' For="[::1]" ; Proto = https', {"host": "old.example", "proto": "http"}),
        ('FOR="[::1]";Proto="https"', {"proto": "https", "host": "old.example"}),
        ('for="a,b;c";host="a\\.example"', {"proto": "http", "host": "a.example"}),
        ("for=192.0.2.1", {"proto": "http", "host": "old.example"}),
        ("for=192.0.2.1, proto=https;host=inside", {"proto": "http", "host": "old.example"}),
        ("", {"proto": "http", "host": "old.example"}),
        ("nonsense", {"proto": "http", "host": "old.example"}),
        ("host=;proto=https", {"proto": "https", "host": "old.example"}),
    ],
)
def test_what_forwarded_does_not_say_the_older_fields_may(forwarded: str, origin: dict[str, str]) -> None:
    older = ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "old.example")
    assert forwarded_origin(fields(("Forwarded", forwarded), *older)) == origin


@pytest.mark.parametrize(
    ("headers", "prefix"),
    [
        ((), ""),
        ((("X-Forwarded-Prefix", "/storage"),), "/storage"),
        ((("X-Forwarded-Prefix", "/storage/"),), "/storage"),
        ((("X-Forwarded-Prefix", "/a/b%20c"),), "/a/b%20c"),
        ((("X-Forwarded-Prefix", "/"),), ""),
        # Proxies behind each other: each takes its own away.
        ((("X-Forwarded-Prefix", "/a, /b"),), "/a/b"),
        ((("X-Forwarded-Prefix", "/a"), ("X-Forwarded-Prefix", "/b/")), "/a/b"),
    ],
)
def test_a_prefix_is_a_path(headers: Headers, prefix: str) -> None:
    assert forwarded_prefix(fields(*headers)) == prefix


@pytest.mark.parametrize(
    "value",
    [
        "//evil",
        "/\\evil",
        "evil",
        "https://evil",
        "/a//b",
        "/../a",
        "/a/..",
        "/.",
        "/a?b",
        "/a#b",
        "/a b",
        '/a"',
        "/\xe9",
    ],
)
def test_what_is_no_path_is_ignored(value: str) -> None:
    assert forwarded_prefix(fields(("X-Forwarded-Prefix", value))) == ""
    assert forwarded_prefix(fields(("X-Forwarded-Prefix", f"/a, {value}"))) == ""


def test_what_is_too_long_counts_as_missing() -> None:
    hops, more = "1.1.1.1," * (MAX_BYTES // 8), "203.0.113.7"
    for name in ("X-Forwarded-For", "X-Forwarded-Prefix", "X-Forwarded-Host", "Forwarded"):
        said = fields((name, hops), (name, more))
        assert client_address("10.0.0.1", said, PROXIES) == "10.0.0.1"
        assert forwarded_prefix(said) == ""
        assert forwarded_origin(said) == {}
