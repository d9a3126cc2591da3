"""Buckets' names and policies."""

import pytest

from domain.buckets.errors import (
    FileTooLargeError,
    InvalidBucketError,
    QuotaExceededError,
    QuotaFigures,
    TypeNotAllowedError,
)
from domain.buckets.model import Growth, Policy, Usage, check_bucket_name, check_policy


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
        Policy(quota_files=-1),
        Policy(quota_files=2**63),
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


@pytest.mark.parametrize(
    ("used", "added", "fits"),
    [
        ((4, 0), (6, 1), True),
        ((4, 0), (7, 1), False),
        ((10, 2), (0, 1), True),
        ((10, 3), (0, 1), False),
        ((10, 3), (-1, 0), True),
        ((9, 3), (1, 0), True),
        # Above a quota that was lowered: nothing new, and replacements that add nothing.
        ((20, 2), (0, 1), False),
        ((20, 9), (1, 0), False),
        ((5, 9), (1, 0), True),
        ((20, 9), (0, 0), True),
        ((20, 9), (-5, -1), True),
    ],
)
def test_a_quota_is_used_to_the_last_and_never_keeps_anything_from_going(
    used: tuple[int, int], added: tuple[int, int], *, fits: bool
) -> None:
    policy = Policy(quota_bytes=10, quota_files=3)
    usage, growth = Usage(bytes=used[0], files=used[1]), Growth(bytes=added[0], files=added[1])
    assert policy.has_room(usage, growth) == fits
    if fits:
        policy.check_quota("songs", used=usage, added=growth)
        return
    with pytest.raises(QuotaExceededError) as refused:
        policy.check_quota("songs", used=usage, added=growth)
    assert refused.value.figures == QuotaFigures(
        bucket="songs", quota_bytes=10, used_bytes=used[0], quota_files=3, used_files=used[1]
    )


def test_a_bucket_without_a_quota_has_room() -> None:
    assert not Policy().has_quota
    assert Policy().has_room(Usage(bytes=2**62), Growth(bytes=2**62, files=1))
