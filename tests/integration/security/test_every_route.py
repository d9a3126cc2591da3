"""Every operation of the API document, asked for by callers who may not: a new route is asked for, too."""

from typing import Any

import httpx
import pytest

from tests.integration.security.conftest import HIDDEN, ClientOf, MakeHidden, on_both_stacks
from tests.integration.security.probes import Document, Target, probes, seen
from tests.support.parts.stacks import Stack

ALL = ["read", "list", "write", "delete"]

# Callers who may do much, and nothing with the files below `ab/` in the hidden bucket.
STRANGERS: dict[str, list[dict[str, Any]]] = {
    "elsewhere": [{"actions": ALL, "bucket": "default"}],
    "an admin elsewhere": [{"actions": ["admin"], "bucket": "default"}, {"actions": ["admin"], "bucket": "other-*"}],
    "at a longer name of a bucket": [{"actions": ALL, "bucket": "{bucket}-2"}],
    "below another prefix": [{"actions": ALL, "bucket": "{bucket}", "prefix": "other/"}],
    "below the beginning of the prefix": [{"actions": ALL, "bucket": "{bucket}", "prefix": "a"}],
    "below the prefix in capitals": [{"actions": ALL, "bucket": "{bucket}", "prefix": "AB/"}],
    "below what LIKE would take": [
        {"actions": ALL, "bucket": "{bucket}", "prefix": "a_/"},
        {"actions": ALL, "bucket": "{bucket}", "prefix": "%/"},
    ],
}


def in_bucket(scopes: list[dict[str, Any]], bucket: str) -> list[dict[str, Any]]:
    return [{**each, "bucket": each["bucket"].format(bucket=bucket)} for each in scopes]


async def state(root: httpx.AsyncClient, target: Target) -> list[Any]:
    """Return all that is in the target's bucket, as the root sees it."""
    paths = (
        f"/v1/files?bucket={target.bucket}",
        f"/v1/buckets/{target.bucket}",
        f"/v1/uploads?bucket={target.bucket}",
        f"/v1/keys/{target.key_id}",
        f"/v1/files/{target.file_id}/links",
        f"/v1/jobs/{target.job_id}",
    )
    answers = [(await root.get(path)).json() for path in paths]
    content = await root.get(f"/v1/files/{target.file_id}/content")
    assert content.content == HIDDEN
    answers[-1] = {key: answers[-1][key] for key in ("id", "bucket", "prefix", "failed")}  # it runs meanwhile
    return answers


@on_both_stacks
async def test_every_probe_reaches_what_it_names(
    root: httpx.AsyncClient, document: Document, make_hidden: MakeHidden
) -> None:
    for probe in probes(document):
        if not probe.is_open:
            hidden = await make_hidden()
            answer = await probe.send(root, hidden)
            assert answer.status_code not in {401, 403, 404}, (str(probe), answer.text)


@pytest.mark.parametrize(
    ("who", "conditions"),
    [
        *((who, {}) for who in STRANGERS),
        ("elsewhere", {"If-Match": '"other"'}),
        ("below another prefix", {"If-None-Match": "*", "Range": "bytes=99-"}),
    ],
)
async def test_the_unseen_answers_as_the_missing_does_and_is_not_touched(
    root: httpx.AsyncClient,
    client_of: ClientOf,
    hidden: Target,
    document: Document,
    who: str,
    conditions: dict[str, str],
) -> None:
    stranger = await client_of(in_bucket(STRANGERS[who], hidden.bucket))
    is_bucket_seen = any(each["bucket"] == "{bucket}" for each in STRANGERS[who])
    missing = Target.missing_in(hidden.bucket if is_bucket_seen else f"{hidden.bucket[:-1]}_")
    before = await state(root, hidden)
    for probe in probes(document):
        if probe.is_open or (is_bucket_seen and "{bucket}" in probe.path and "{name}" not in probe.path):
            continue  # the bucket itself may be seen
        answers = [seen(await probe.send(stranger, each, **conditions), each) for each in (hidden, missing)]
        assert answers[0] == answers[1], str(probe)
        assert answers[0][0] < 500, str(probe)
        assert HIDDEN.decode() not in answers[0][2]
        assert hidden.bucket not in answers[0][2] or is_bucket_seen
    assert await state(root, hidden) == before


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer fp_AAAAAAAAAAAA_" + "A" * 49},
        {"Authorization": "Basic cm9vdDpyb290"},
        {"Authorization": "Bearer cl\u00e9".encode("latin-1")},
        {"Authorization": "Bearer " + "x" * 10_000},
        {"Authorization": "Bearer a.b.c"},
    ],
    ids=["none", "wrong", "made up", "another scheme", "beyond ASCII", "long", "no token"],
)
async def test_without_a_valid_key_everything_is_401_whether_it_exists_or_not(
    root: httpx.AsyncClient,
    nobody: httpx.AsyncClient,
    hidden: Target,
    document: Document,
    header: dict[str, Any],
) -> None:
    before = await state(root, hidden)
    nobody.headers.update(header)
    for probe in probes(document):
        if probe.is_open:
            continue
        answers = [seen(await probe.send(nobody, each), each) for each in (hidden, Target.missing_in(hidden.bucket))]
        assert answers[0][0] in {401, 429}, str(probe)
        assert answers[0] == answers[1] or 429 in (answers[0][0], answers[1][0]), str(probe)
    assert await state(root, hidden) == before


# What a caller with all rights but one may not do.
NEEDED = {
    "read": (
        "GET /v1/files/{file_id}/content",
        "GET /v1/buckets/{bucket}/files/{name}",
        "GET /v1/files/{file_id}/text",
    ),
    "list": ("GET /v1/files", "GET /v1/archive"),
    "write": (
        "PUT /v1/buckets/{bucket}/files/{name}",
        "POST /v1/buckets/{bucket}/files",
        "PATCH /v1/files/{file_id}",
        "POST /v1/files/{file_id}/copy",
        "POST /v1/uploads",
        "POST /v1/direct-uploads",
    ),
    "delete": ("DELETE /v1/files/{file_id}", "DELETE /v1/buckets/{bucket}/files/{name}", "POST /v1/jobs"),
}


@on_both_stacks
@pytest.mark.parametrize("right", NEEDED)
async def test_without_one_right_what_needs_it_is_denied_and_nothing_changes(
    root: httpx.AsyncClient, client_of: ClientOf, stack: Stack, hidden: Target, document: Document, right: str
) -> None:
    caller = await client_of([{"actions": [each for each in ALL if each != right], "bucket": hidden.bucket}])
    before, blobs = await state(root, hidden), await stack.blobs()
    for probe in probes(document):
        if str(probe) in NEEDED[right]:
            answer = await probe.send(caller, hidden)
            # A disk takes no direct uploads of anybody.
            assert answer.json()["code"] in {"access_denied", "direct_access_unsupported"}, str(probe)
    assert (await state(root, hidden), await stack.blobs()) == (before, blobs)


async def test_a_method_that_is_overridden_is_authorised_as_the_one_that_runs(
    root: httpx.AsyncClient, client_of: ClientOf, hidden: Target
) -> None:
    writer = await client_of([{"actions": ["write"], "bucket": "default"}])
    for method in ("DELETE", "PATCH", "HEAD"):
        answer = await writer.post(
            f"/v1/uploads/{hidden.upload_id}", headers={"X-HTTP-Method-Override": method, "Tus-Resumable": "1.0.0"}
        )
        assert answer.status_code in {400, 404, 415}, (method, answer.text)
    found = await root.head(f"/v1/uploads/{hidden.upload_id}", headers={"Tus-Resumable": "1.0.0"})
    assert (found.status_code, found.headers["upload-offset"]) == (200, "0")
