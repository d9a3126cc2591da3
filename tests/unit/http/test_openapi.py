"""The OpenAPI document and its page."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Annotated, Any

import httpx
import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from litestar import Litestar, get

from domain.buckets.model import BucketName, CacheControl, Policy, check_bucket_name, check_policy
from domain.errors import InvalidInputError
from domain.files.metadata import Tag, check_tags
from domain.files.model import Destination
from domain.files.names import (
    MAX_NAME_BYTES,
    FileName,
    PathName,
    Prefix,
    check_file_name,
    check_path_name,
    check_prefix,
)
from domain.files.patches import FilePatch
from domain.files.search.model import SORT_PATTERN, parse_sort
from domain.jobs.model import Task
from domain.keys.model import KeyPatch, NewKey
from domain.links.model import NewShare, NewUploadLink
from domain.values.media_types import ContentType, TypePattern, check_type_pattern, parse_content_type
from service.http import problems, resources
from service.http.bodies.representations import FileBody
from service.http.openapi.document import build_document
from service.http.openapi.operation import Operation
from service.http.problems import Problem
from service.http.resources.archives.bodies import ArchiveRequest
from service.http.resources.audit.bodies import AuditPageBody
from service.http.resources.batches.bodies import BatchAnswer, BatchRequest
from service.http.resources.buckets.bodies import BucketBody, BucketPage
from service.http.resources.direct_uploads.bodies import (
    DirectUploadBody,
    DirectUploadPage,
    DirectUploadRequest,
    OpenedUploadBody,
    PartPage,
)
from service.http.resources.files.bodies import FilePage
from service.http.resources.health.bodies import Liveness, Readiness
from service.http.resources.jobs.bodies import JobBody, JobPageBody
from service.http.resources.keys.bodies import IssuedKeyBody, KeyBody, KeyPageBody, Rotation
from service.http.resources.links.bodies import LinkBody, LinkPageBody, MadeLinkBody, ReceivedBody
from service.http.tus.bodies import UploadPage
from tests.support.clients import client_of
from tests.support.errors import known_errors
from tests.support.fake_service import Service

QUOTA_MEMBERS = {"quota_bytes", "used_bytes", "quota_files", "used_files"}
METHODS = ("get", "head", "put", "post", "patch", "delete")
BODIES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        ArchiveRequest,
        AuditPageBody,
        BatchAnswer,
        BatchRequest,
        BucketBody,
        BucketPage,
        Destination,
        DirectUploadBody,
        DirectUploadPage,
        DirectUploadRequest,
        FileBody,
        FilePage,
        FilePatch,
        IssuedKeyBody,
        JobBody,
        JobPageBody,
        LinkBody,
        LinkPageBody,
        Liveness,
        MadeLinkBody,
        NewShare,
        NewUploadLink,
        KeyBody,
        KeyPageBody,
        KeyPatch,
        NewKey,
        OpenedUploadBody,
        PartPage,
        Policy,
        Problem,
        Readiness,
        ReceivedBody,
        Rotation,
        Task,
        UploadPage,
    )
}
Document = dict[str, Any]
EXAMPLE_ID = "019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"


@pytest.fixture(scope="module")
async def document(shared_service: Service) -> Document:
    async with client_of(shared_service.app) as client:
        return dict((await client.get("/schema/openapi.json")).json())


def operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def contents(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, _, operation in operations(document):
        for described in (operation.get("requestBody", {}), *operation["responses"].values()):
            yield from described.get("content", {}).items()


def at_example(document: Document, path: str) -> str:
    parameters = document["paths"][path].get("get", {}).get("parameters", [])
    for parameter in parameters:
        path = path.replace(f"{{{parameter.get('name')}}}", str(parameter.get("example")))
    path = path.replace("{bucket}", "music")
    for name in ("file_id", "direct_upload_id", "upload_id", "key_id"):
        path = path.replace(f"{{{name}}}", EXAMPLE_ID)
    return path


async def test_every_path_documents_the_methods_that_it_allows(client: httpx.AsyncClient, document: Document) -> None:
    for path, item in document["paths"].items():
        refused = await client.request("TRACE", at_example(document, path))
        told = await client.options(at_example(document, path))
        assert (refused.status_code, told.is_success) == (405, True)
        for answer in (refused, told):
            allowed = {method.lower() for method in answer.headers["allow"].split(", ")}
            assert allowed - {"options"} == item.keys() & set(METHODS), path


def test_a_route_without_an_operation_stops_the_start() -> None:
    @get("/v1/secrets", sync_to_thread=False)
    def list_secrets() -> None: ...

    with pytest.raises(LookupError, match="list_secrets"):
        build_document(Litestar([list_secrets], openapi_config=None).routes, ())


async def test_every_operation_that_is_described_belongs_to_a_route(document: Document) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    described = [
        name.lower()
        for package in pkgutil.walk_packages(resources.__path__, f"{resources.__name__}.")
        if ".openapi" in package.name
        for name, each in vars(importlib.import_module(package.name)).items()
        if isinstance(each, Operation) and not name.startswith("_")
    ]
    assert described
    assert {name.replace("_", "") for name in described} <= {id_.lower() for id_ in ids}


async def test_every_operation_has_a_summary_a_tag_and_a_sample(document: Document) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for method, path, operation in operations(document):
        assert operation["summary"]
        assert "\n" not in operation["summary"]
        assert set(operation["tags"]) <= tags
        (sample,) = operation["x-codeSamples"]
        assert sample["source"].startswith("curl ")
        assert ("FILEPORT_KEY" in sample["source"]) == bool(operation["security"]) == path.startswith("/v1/"), method


async def test_every_parameter_has_a_meaning_and_an_example(document: Document) -> None:
    for _, _, operation in operations(document):
        for parameter in operation.get("parameters", []):
            described = document["components"]["parameters"].get(
                parameter.get("$ref", "").rpartition("/")[2], parameter
            )
            assert described["description"]
            assert "example" in described.get("content", {}).get("application/json", described)


async def test_every_body_has_examples_and_those_in_json_fit_their_type(document: Document) -> None:
    checked = 0
    for media_type, content in contents(document):
        assert content["examples"]
        if "json" in media_type:
            kind = BODIES[content["schema"]["$ref"].rpartition("/")[2]]
            for each in content["examples"].values():
                msgspec.json.decode(msgspec.json.encode(each["value"]), type=kind)
                checked += 1
    assert checked > len(BODIES)


async def test_a_response_has_every_field_that_its_schema_names(document: Document) -> None:
    hidden = {"BucketBody": {"usage"}, "Problem": QUOTA_MEMBERS}  # from callers who may not see them
    for name in ("FileBody", "BucketBody", "Usage", "Problem", "Liveness"):
        schema = document["components"]["schemas"][name]
        left_out = hidden.get(name, set())
        assert schema["required"] == [field for field in schema["properties"] if field not in left_out]


async def test_a_quota_that_is_exceeded_has_its_figures(document: Document) -> None:
    operation = document["paths"]["/v1/buckets/{bucket}/files/{name}"]["put"]
    [(media_type, content)] = operation["responses"]["507"]["content"].items()
    assert media_type == "application/problem+json"
    assert content["examples"]["quota_exceeded"]["value"].keys() >= QUOTA_MEMBERS
    assert document["components"]["schemas"]["Problem"]["properties"].keys() >= QUOTA_MEMBERS


async def test_every_operation_has_its_problems_with_codes_and_statuses_that_exist(document: Document) -> None:
    codes = {kind.code: problems.status_of(kind) for kind in known_errors()}
    codes |= {problems.code_of(status): status for status in HTTPStatus if status >= 400}
    for _, path, operation in operations(document):
        refused = {status: each for status, each in operation["responses"].items() if status >= "400"}
        assert refused.keys() >= ({"401", "500", "503"} if path.startswith("/v1/") else {"500"})
        for status, response in refused.items():
            content = response.get("content", {})
            for code, each in content.get(problems.MEDIA_TYPE, {}).get("examples", {}).items():
                assert (each["value"]["code"], each["value"]["status"]) == (code, int(status))
                assert codes[code] == int(status)
                assert "domain." not in each["value"]["detail"]


async def test_the_service_accepts_the_examples_of_request_bodies(
    client: httpx.AsyncClient, document: Document
) -> None:
    def examples(method: str, path: str) -> Iterator[Any]:
        body = next(iter(document["paths"][path][method]["requestBody"]["content"].values()))
        return (each["value"] for each in body["examples"].values())

    for policy in examples("put", "/v1/buckets/{bucket}"):
        assert (await client.put("/v1/buckets/music", json=policy)).status_code == 201
    await client.put("/v1/buckets/archive", json={})
    stored = await client.put("/v1/buckets/music/files/x", content=b"1", headers={"Content-Type": "audio/flac"})
    file = f"/v1/files/{stored.json()['id']}"
    for task in examples("post", "/v1/jobs"):
        assert (await client.post("/v1/jobs", json=task)).status_code == 201
    for batch in examples("post", "/v1/batch"):
        assert (await client.post("/v1/batch", json=batch)).status_code == 200
    for destination in examples("post", "/v1/files/{file_id}/copy"):
        assert (await client.post(f"{file}/copy", json=destination)).status_code == 201
    for link in examples("post", "/v1/files/{file_id}/links"):
        assert (await client.post(f"{file}/links", json=link)).status_code == 201
    for link in examples("post", "/v1/buckets/{bucket}/upload-links"):
        assert (await client.post("/v1/buckets/music/upload-links", json=link)).status_code == 201
    for asked in examples("post", "/v1/direct-uploads"):
        fits = {**asked, "size": 16 * 1024 * 1024}  # as much as the service of these tests takes
        assert (await client.post("/v1/direct-uploads", json=fits)).status_code == 201
    for patch in examples("patch", "/v1/files/{file_id}"):
        assert (await client.patch(file, json=patch)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/files", "/v1/buckets", "/v1/jobs", "/v1/direct-uploads", "/v1/uploads"])
async def test_the_service_accepts_the_example_of_every_query_parameter(
    client: httpx.AsyncClient, document: Document, path: str
) -> None:
    await client.put("/v1/buckets/music", json={})
    sort = {}
    for parameter in document["paths"][path]["get"]["parameters"]:
        if "content" in parameter:
            value = msgspec.json.encode(parameter["content"]["application/json"]["example"]).decode()
        else:
            value = parameter["example"]
        if parameter["name"] == "sort":
            sort = {"sort": value}  # a cursor goes with its sort
        answer = await client.get(path, params={**sort, parameter["name"]: value})
        # Nobody was given the cursor of the example.
        expected = 400 if parameter["name"] == "cursor" else 200
        assert answer.status_code == expected, answer.text


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        pytest.param(BucketName, check_bucket_name, id="bucket names"),
        pytest.param(FileName, check_file_name, id="file names"),
        pytest.param(PathName, check_path_name, id="names of new files"),
        pytest.param(Prefix, check_prefix, id="prefixes"),
        pytest.param(Tag, lambda tag: check_tags([tag]), id="tags"),
        pytest.param(ContentType, parse_content_type, id="content types"),
        pytest.param(TypePattern, check_type_pattern, id="type patterns"),
        pytest.param(Annotated[str, msgspec.Meta(extra_json_schema={"pattern": SORT_PATTERN})], parse_sort, id="sorts"),
        pytest.param(
            CacheControl, lambda value: check_policy(Policy(cache_control=value)), id="values of Cache-Control"
        ),
    ],
)
def test_a_pattern_allows_what_the_domain_allows(kind: object, check: Callable[[str], object]) -> None:
    pattern = msgspec.json.schema(kind)["pattern"]

    @given(text=st.from_regex(pattern) | st.text(st.sampled_from('aZ0.-_/*;=, "\\\t\0\x7fé日-'), max_size=12))
    @example(text="..")
    @example(text="a/../b")
    @example(text="metadata.a.b,-size")
    def agree(text: str) -> None:
        assume(len(text) <= 128 and len(text.encode("utf-8", "surrogatepass")) <= MAX_NAME_BYTES)
        assume(not text.endswith("\n"))  # Python's `$` stops before it, JSON Schema's does not
        try:
            check(text)
        except InvalidInputError:
            assert not re.search(pattern, text)
        else:
            assert re.search(pattern, text)

    agree()


async def test_the_page_and_the_document_need_no_key_and_no_other_host(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    page = await client.get("/schema")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    parts = re.findall(r'(?:src|href)="([^":]*)"', page.text)
    assert set(parts) >= {"schema/schema.css", "schema/schema.js", "schema/openapi.json"}
    for part in [part for part in parts if not part.startswith("#")]:
        answer = await client.get(f"/{part}")
        assert answer.status_code == 200
        examples = r'"url":"[^"]*"|https://(?:\*\.)?app\.example'  # of responses, and of origins
        assert not re.search(r"https?:|[\"'(]//", re.sub(examples, "", answer.text)), part


@pytest.mark.parametrize("path", ["/schema", "/schema/openapi.json", "/schema/schema.js", "/schema/schema.css"])
async def test_a_page_that_a_browser_holds_is_not_sent_again(client: httpx.AsyncClient, path: str) -> None:
    sent = await client.get(path)
    head = await client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", sent.headers["etag"])
    again = await client.get(path, headers={"If-None-Match": sent.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/schema/swagger", "/schema/a/b", "/schema/%2e%2e/app.py"])
async def test_nothing_else_is_under_schema(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == problems.MEDIA_TYPE


@pytest.mark.parametrize("method", ["get", "head"])
async def test_responses_to_reads_have_the_headers_that_are_documented(
    client: httpx.AsyncClient, document: Document, method: str
) -> None:
    file = (await client.put("/v1/buckets/default/files/a", content=b"text")).json()["id"]
    paths = {
        path: path.format(file_id=file, bucket="default", name="a")
        for path in (
            "/v1/files/{file_id}",
            "/v1/files/{file_id}/content",
            "/v1/files/{file_id}/text",
            "/v1/buckets/{bucket}/files/{name}",
        )
    }
    seen: set[int] = set()
    for path, url in paths.items():
        operation = document["paths"][path][method]
        for headers in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=9-"}, {"If-None-Match": "*"}, {"If-Match": '"x"'}):
            answer = await client.request(method, url, headers={"Want-Content-Digest": "sha-256=1", **headers})
            seen.add(answer.status_code)
            documented = {name.lower() for name in operation["responses"][str(answer.status_code)]["headers"]}
            documented -= {"ratelimit", "ratelimit-policy"}  # the root key has no limits
            sent = set(answer.headers) - {"content-type"}
            assert sent - documented <= {"content-length", "date"}, (path, headers)
            assert documented == sent & documented, (path, headers)
    assert seen == ({200, 206, 304, 412, 416} if method == "get" else {200, 304, 412})


async def test_head_has_no_ranges_in_the_document(document: Document) -> None:
    for path, item in document["paths"].items():
        if "head" in item:
            assert not {"206", "416"} & item["head"]["responses"].keys(), path
            assert not [
                each for each in item["head"].get("parameters", []) if each.get("$ref", "").endswith("Range")
            ], path
