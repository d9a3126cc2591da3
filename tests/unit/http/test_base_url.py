"""Where clients find the service, behind proxies and without."""

from ipaddress import ip_network
from typing import Any

import pytest

from service.http.proxies.base_url import base_url

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def base_of(
    *headers: tuple[str, str], client: str | None = "10.1.2.3", proxies: Any = PROXIES, public_url: str | None = None
) -> str:
    scope: Any = {
        "type": "http",
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (("Host", "inside:8000"), *headers)],
        "client": None if client is None else (client, 1234),
    }
    return base_url(scope, public_url=public_url, trusted_proxies=proxies)


FORWARDED = ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "files.example.com")


def test_without_more_the_host_of_the_request_is_it() -> None:
    assert base_of() == "http://inside:8000"


def test_a_public_url_is_it_whatever_is_said() -> None:
    assert base_of(*FORWARDED, public_url="https://public.example/files/") == "https://public.example/files"


@pytest.mark.parametrize("client", ["10.1.2.3", "fd00::1", "::ffff:10.1.2.3", "fd00::1%eth0"])
@pytest.mark.parametrize(
    "headers",
    [
        FORWARDED,
        (("X-Forwarded-Proto", "https, http"), ("X-Forwarded-Host", "files.example.com, inside")),
        (("Forwarded", "for=192.0.2.1"), *FORWARDED),
        (("Forwarded", 'for=192.0.2.1;proto=https;host="files.example.com", for=10.0.0.9;host=inside'), FORWARDED[0]),
    ],
)
def test_a_trusted_proxy_is_believed(client: str, headers: tuple[tuple[str, str], ...]) -> None:
    assert base_of(*headers, client=client) == "https://files.example.com"


def test_a_proxy_may_say_a_part_of_it() -> None:
    assert base_of(FORWARDED[0]) == "https://inside:8000"


@pytest.mark.parametrize("client", ["192.0.2.1", "::1", "unix", None])
def test_any_other_client_is_not_believed(client: str | None) -> None:
    assert base_of(*FORWARDED, client=client) == "http://inside:8000"
    assert base_of(*FORWARDED, proxies=()) == "http://inside:8000"


@pytest.mark.parametrize(
    "header",
    [
        ("X-Forwarded-Proto", "javascript"),
        ("X-Forwarded-Host", "evil/path"),
        ("X-Forwarded-Host", "a@b"),
        ("X-Forwarded-Host", "\xe9.example"),
    ],
)
def test_a_header_that_makes_an_invalid_url_leaves_the_path_alone(header: tuple[str, str]) -> None:
    assert base_of(header) == ""


def test_a_prefix_of_a_trusted_proxy_stands_before_all_paths() -> None:
    prefix = ("X-Forwarded-Prefix", "/storage/")
    assert base_of(prefix) == "http://inside:8000/storage"
    assert base_of(prefix, *FORWARDED) == "https://files.example.com/storage"
    assert base_of(prefix, client="192.0.2.1") == "http://inside:8000"
    assert base_of(prefix, ("X-Forwarded-Host", "a@b")) == "/storage"
    assert base_of(prefix, public_url="https://public.example/files/") == "https://public.example/files"
