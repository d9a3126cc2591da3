"""The CORS rules of a bucket: which requests of pages they allow, and which rules nothing could keep."""

from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from domain.buckets.cors import MAX_CHARACTERS, CorsRule, check_cors, find_rule
from domain.buckets.errors import InvalidBucketError
from domain.buckets.model import Policy, check_policy

RULE = CorsRule(allowed_origins=("https://app.example",), allowed_methods=("GET", "PUT"))


def rule_for(*origins: str) -> CorsRule:
    rule = replace(RULE, allowed_origins=origins)
    check_cors([rule])
    return rule


@pytest.mark.parametrize(
    ("pattern", "allowed", "refused"),
    [
        (
            "https://app.example",
            ["https://app.example"],
            [
                "https://app.example:443",
                "http://app.example",
                "https://app.example.evil",
                "https://xapp.example",
                "null",
            ],
        ),
        (
            "https://*.app.example",
            ["https://a.app.example", "https://a.b.app.example"],
            [
                "https://app.example",
                "https://evil-app.example",
                "https://a.app.example.evil",
                "https://a.app.example:1",
            ],
        ),
        (
            "https://preview-*--site.example",
            ["https://preview-7--site.example", "https://preview---site.example"],
            ["https://preview-site.example", "https://preview-7--site.example:8443"],
        ),
        (
            "http://localhost:*",
            ["http://localhost:5173"],
            ["http://localhost", "http://localhost:1x", "http://localhost:"],
        ),
        ("http*://app.example", ["http://app.example", "https://app.example"], ["httpx://b/://app.example", "ftp://x"]),
        ("https://*", ["https://a", "https://a:1"], ["http://a", "https://", "https://a/", "https://a b", "https://é"]),
        ("HTTPS://App.Example", ["https://app.example"], ["HTTPS://App.Example"]),
        ("https://[::1]:8443", ["https://[::1]:8443"], ["https://[::1]", "https://:1:8443"]),
        (
            "*.app.example",
            ["https://a.app.example", "http://b.a.app.example"],
            ["https://app.example", "https://a.app.example:1", "https://a.app.example.evil"],
        ),
        ("capacitor://localhost", ["capacitor://localhost"], ["https://localhost"]),
        ("*", ["https://a", "null", "whatever"], []),
    ],
)
def test_an_origin_is_compared_whole_but_for_its_one_star(pattern: str, allowed: list[str], refused: list[str]) -> None:
    rule = rule_for(pattern)
    assert [origin for origin in allowed if not rule.allows(origin, "GET")] == []
    assert [origin for origin in refused if rule.allows(origin, "GET")] == []


def test_a_method_is_allowed_where_the_rule_has_it() -> None:
    assert RULE.allows("https://app.example", "PUT")
    for method in ("DELETE", "put", "", "*"):
        assert not RULE.allows("https://app.example", method)


def test_all_headers_that_a_page_asks_for_must_be_allowed() -> None:
    rule = replace(RULE, allowed_headers=("Range", "X-*", "*-Id"))
    for asked in ([], ["range"], ["x-a", "x-", "my-id"]):
        assert rule.allows("https://app.example", "GET", asked)
    for asked in (["range", "authorization"], ["x"], ["id"], ["x-\x00"], [""]):
        assert not rule.allows("https://app.example", "GET", asked)
    any_ = replace(RULE, allowed_headers=("*",))
    assert any_.allows("https://app.example", "GET", ["authorization", "x"])
    assert not any_.allows("https://app.example", "GET", ["a b"])


def test_the_first_rule_that_allows_a_request_counts() -> None:
    reading = replace(RULE, allowed_methods=("GET",), max_age=1)
    writing = replace(RULE, allowed_methods=("PUT",), allowed_headers=("*",), max_age=2)
    other = replace(reading, max_age=3)
    rules = (reading, writing, other)
    assert find_rule(rules, "https://app.example", "GET") == reading
    assert find_rule(rules, "https://app.example", "PUT", ["x"]) == writing
    assert find_rule(rules, "https://app.example", "GET", ["x"]) is None
    assert find_rule(rules, "https://evil.example", "GET") is None
    assert find_rule((), "https://app.example", "GET") is None


def test_rules_are_kept_as_they_were_given() -> None:
    rule = CorsRule(
        allowed_origins=("https://B.example", "https://b.example"),
        allowed_methods=("PUT", "GET"),
        allowed_headers=("Range", "*"),
        exposed_headers=("ETag",),
        max_age=0,
        id="Größe 1",
    )
    assert check_policy(Policy(cors=(rule,), allowed_types=("a/B",))) == Policy(cors=(rule,), allowed_types=("a/b",))


@dataclass
class Broken:
    rules: tuple[CorsRule, ...]
    said: str


@pytest.mark.parametrize(
    "broken",
    [
        *(
            Broken((replace(RULE, allowed_origins=(origin,)),), "allowed_origins")
            for origin in (
                "", "app.example", "null", "https://", "https://a/", "https://a/b", "https://*.*.example", "https://a*",
                "https://app.example*", "https://a:*:1", "https://a b", "https://é.example", "https://a\n", "**", "//a",
                "https://user@a", "https://a:123456", "*.", "*:80", "*.app.*",
            )
        ),
        *(
            Broken((replace(RULE, **{field: (header,)}),), field)
            for field in ("allowed_headers", "exposed_headers")
            for header in ("", "a b", "a,b", "é", "a\r\n", "x-*-*")
        ),
        Broken((replace(RULE, exposed_headers=("*",)),), "exposed_headers"),
        Broken((replace(RULE, allowed_origins=()),), "allowed_origins"),
        Broken((replace(RULE, allowed_methods=()),), "allowed_methods"),
        Broken((replace(RULE, max_age=-1),), "max_age"),
        Broken((replace(RULE, max_age=86_401),), "max_age"),
        Broken((replace(RULE, id="a" * 256),), "255"),
        Broken((replace(RULE, id="a\n"),), "printable"),
        Broken((RULE,) * 101, "100 rules"),
        Broken((replace(RULE, allowed_headers=("a",) * 101),), "100"),
        Broken((replace(RULE, allowed_headers=("a" * 256,)),), "255"),
        Broken((replace(RULE, exposed_headers=("a" * 255,)),) * (MAX_CHARACTERS // 255), "16384 characters"),
    ],
)  # fmt: skip
def test_rules_that_nothing_could_keep_are_refused(broken: Broken) -> None:
    with pytest.raises(InvalidBucketError, match=r"^cors") as raised:
        check_cors(broken.rules)
    assert broken.said in raised.value.detail


def test_a_private_bucket_shows_neither_its_rules_nor_its_listing() -> None:
    policy = Policy(public=True, public_listing=True, cors=(RULE,))
    assert (policy.is_listed_publicly, policy.public_cors) == (True, (RULE,))
    private = replace(policy, public=False)
    assert (private.is_listed_publicly, private.public_cors) == (False, ())
    assert not replace(policy, public_listing=False).is_listed_publicly
