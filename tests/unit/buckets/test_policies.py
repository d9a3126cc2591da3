"""Buckets' names and policies."""

import pytest

from domain.buckets.errors import FileTooLargeError, InvalidBucketError, QuotaExceededError, TypeNotAllowedError
from domain.buckets.model import Policy, check_bucket_name, check_policy


@pytest.mark.parametrize("name", ["a", "0", "photos", "a.b_c-d", "x" * 63])
def test_a_plain_name_is_kept(name: str) -> None:
    assert check_bucket_name(name) == name


@pytest.mark.parametrize("name", ["", "A", "-a", ".a", "a/b", "a b", "é", "x" * 64, "a\n", "\0"])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidBucketError):
        check_bucket_name(name)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(max_file_size=-1),
        Policy(max_file_size=5 * 1024**4 + 1),
        Policy(quota_bytes=-1),
        Policy(quota_bytes=2**63),
        Policy(default_ttl=0),
        Policy(default_ttl=10**12),
        Policy(cache_control=""),
        Policy(cache_control="a\r\nb"),
        Policy(cache_control="x" * 256),
        Policy(allowed_types=("image",)),
        Policy(allowed_types=("a/b",) * 65),
    ],
)
def test_a_policy_that_nothing_could_keep_is_refused(policy: Policy) -> None:
    with pytest.raises(InvalidBucketError):
        check_policy(policy)


def test_type_patterns_are_distinct_and_in_lower_case() -> None:
    assert check_policy(Policy(allowed_types=("Image/*", "image/*"))).allowed_types == ("image/*",)


def test_a_policy_keeps_other_types_out() -> None:
    policy = Policy(allowed_types=("image/*", "text/plain"))
    policy.admit(content_type="image/png", size=None)
    policy.admit(content_type="text/plain; charset=utf-8", size=None)
    with pytest.raises(TypeNotAllowedError, match="image/"):
        policy.admit(content_type="text/html", size=None)


def test_a_policy_keeps_larger_files_out() -> None:
    policy = Policy(max_file_size=10)
    policy.admit(content_type="a/b", size=10)
    with pytest.raises(FileTooLargeError):
        policy.admit(content_type="a/b", size=11)


def test_a_quota_is_used_to_its_last_byte_and_never_keeps_bytes_from_going() -> None:
    policy = Policy(quota_bytes=10)
    policy.check_quota(used=4, added=6)
    policy.check_quota(used=20, added=0)
    policy.check_quota(used=20, added=-5)
    with pytest.raises(QuotaExceededError):
        policy.check_quota(used=4, added=7)
