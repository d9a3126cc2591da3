"""Uploads by forms: what their policy allows is stored, and nothing else is."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tests.fakes.catalog import FakeCatalog
from tests.support.clients import ROOT_KEY
from tests.support.fake_service import Service
from tests.support.s3 import HOST, Answer, S3Client, call
from tests.support.s3_chunks import signing_key

BOUNDARY = "the-boundary"
CONTENT = b"the content"


class Upload:
    """A form that a browser sends, and the policy that its page was given."""

    def __init__(self, *, secret: str = ROOT_KEY, access_key_id: str = "root", region: str = "us-east-1") -> None:
        now = datetime.now(UTC)
        self.secret = secret
        self.day, self.region = now.strftime("%Y%m%d"), region
        self.signing = {
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": f"{access_key_id}/{self.day}/{region}/s3/aws4_request",
            "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
        }
        self.fields: dict[str, str] = {"key": "photos/a.txt"}
        self.expiration = (now + timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
        self.conditions: list[Any] = [{"bucket": "default"}, ["starts-with", "$key", "photos/"]]
        self.filename = "a.txt"

    def policy(self) -> str:
        conditions = [*self.conditions, *({name: value} for name, value in self.signing.items())]
        document = {"expiration": self.expiration, "conditions": conditions}
        return b64encode(msgspec.json.encode(document)).decode()

    def all_fields(self) -> dict[str, str]:
        policy = self.policy()
        key = signing_key(self.secret, self.day, self.region)
        signature = hmac.new(key, policy.encode(), "sha256").hexdigest()
        return {**self.fields, **self.signing, "policy": policy, "x-amz-signature": signature}


def encode(fields: Mapping[str, str], content: bytes = CONTENT, filename: str = "a.txt", more: bytes = b"") -> bytes:
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{fields[name]}' for name in fields]
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
    head = "\r\n".join([*parts, file]).encode()
    return head + content + more + f"\r\n--{BOUNDARY}--\r\n".encode()


async def send(service: Service, body: bytes, headers: Mapping[str, str] | None = None, at: str = "/default") -> Answer:
    fields = {
        "host": HOST,
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        "content-length": str(len(body)),
        **(headers or {}),
    }
    chunks = [body[at : at + 100] for at in range(0, len(body), 100)]
    return await call(service.app, "POST", f"/s3{at}", fields.items(), chunks)


async def post(service: Service, upload: Upload, content: bytes = CONTENT, filename: str = "a.txt") -> Answer:
    return await send(service, encode(upload.all_fields(), content, filename))


def names(catalog: FakeCatalog) -> list[str]:
    return [file.name for file in catalog.database.files.values()]


async def test_a_form_stores_an_object(service: Service, s3: S3Client) -> None:
    upload = Upload()
    upload.fields |= {"Content-Type": "text/plain", "X-Amz-Meta-Who": "é", "Cache-Control": "no-cache"}
    upload.conditions += [
        ["eq", "$content-type", "text/plain"],
        ["starts-with", "$x-amz-meta-who", ""],
        {"Cache-Control": "no-cache"},
    ]
    answer = await post(service, upload)
    assert (answer.status, answer.body) == (204, b"")
    found = await s3.send("GET", "/default/photos/a.txt")
    assert (found.body, found.headers["etag"]) == (CONTENT, answer.headers["etag"])
    assert (found.headers["content-type"], found.headers["cache-control"]) == ("text/plain", "no-cache")
    assert found.headers["x-amz-meta-who"] == "=?UTF-8?B?w6k=?="


async def test_what_is_stored_is_the_signers_work(service: Service, catalog: FakeCatalog) -> None:
    await post(service, Upload())
    assert [(each.action, each.caller) for each in catalog.database.audit] == [("file.create", "root")]


async def test_the_name_of_the_file_stands_in_the_key(service: Service, catalog: FakeCatalog) -> None:
    upload = Upload()
    upload.fields["key"] = "photos/${filename}"
    assert (await post(service, upload, filename="b.txt")).status == 204
    assert names(catalog) == ["photos/b.txt"]
    upload.conditions = [{"bucket": "default"}, ["starts-with", "$key", "photos/c"]]
    assert (await post(service, upload, filename="b.txt")).status == 403


async def test_the_answer_is_as_the_form_asks(service: Service) -> None:
    for asked, status in (("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204)):
        upload = Upload()
        upload.fields["success_action_status"] = asked
        upload.conditions.append({"success_action_status": asked})
        answer = await post(service, upload)
        assert answer.status == status
        if status == 201:
            assert [each.tag for each in answer.xml] == ["Location", "Bucket", "Key", "ETag"]
            assert answer.text("Location") == f"http://{HOST}/s3/default/photos/a.txt"


async def test_the_browser_is_sent_where_the_form_asks(service: Service) -> None:
    upload = Upload()
    upload.fields["success_action_redirect"] = "https://app.example/done?a=b"
    upload.conditions.append(["starts-with", "$success_action_redirect", "https://app.example/"])
    answer = await post(service, upload)
    target = urlsplit(answer.headers["location"])
    assert (answer.status, target.netloc, target.path) == (303, "app.example", "/done")
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    assert query == {"a": "b", "bucket": "default", "key": "photos/a.txt", "etag": answer.headers["etag"]}


@pytest.mark.parametrize("target", ["javascript:alert(1)", "//evil.example", "https://", "https://a\r\nb: c", "[", "é"])
async def test_what_is_no_url_is_not_redirected_to(service: Service, target: str) -> None:
    upload = Upload()
    upload.fields["success_action_redirect"] = target
    upload.conditions.append({"success_action_redirect": target})
    answer = await post(service, upload)
    assert (answer.status, answer.headers["location"]) == (204, "/s3/default/photos/a.txt")


async def test_labels_and_checksums_are_fields(service: Service, s3: S3Client) -> None:
    tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
    upload = Upload()
    upload.fields |= {"tagging": tagging, "x-amz-checksum-crc32": "AAAAAA=="}
    upload.conditions += [{"tagging": tagging}, ["starts-with", "$x-amz-checksum-crc32", ""]]
    assert (await post(service, upload)).code == "BadDigest"
    del upload.fields["x-amz-checksum-crc32"], upload.conditions[-1]
    assert (await post(service, upload)).status == 204
    answer = await s3.send("GET", "/default/photos/a.txt", "tagging")
    assert answer.texts("TagSet/Tag/Key") == ["a"]


REFUSED: Mapping[str, tuple[str, Any]] = {
    "another bucket": ("AccessDenied", lambda it: it.conditions.__setitem__(0, {"bucket": "other"})),
    "no bucket": ("AccessDenied", lambda it: it.conditions.pop(0)),
    "another key": ("AccessDenied", lambda it: it.fields.update(key="a.txt")),
    "no key": ("UserKeyMustBeSpecified", lambda it: (it.fields.clear(), it.conditions.pop())),
    "a field more": ("AccessDenied", lambda it: it.fields.update({"x-amz-meta-a": "b"})),
    "a field less": ("AccessDenied", lambda it: it.conditions.append({"x-amz-meta-a": "b"})),
    "another value": (
        "AccessDenied",
        lambda it: (it.fields.update({"x-amz-meta-a": "b"}), it.conditions.append({"x-amz-meta-a": "c"})),
    ),
    "too large": ("EntityTooLarge", lambda it: it.conditions.append(["content-length-range", 0, len(CONTENT) - 1])),
    "too small": ("EntityTooSmall", lambda it: it.conditions.append(["content-length-range", len(CONTENT) + 1, 99])),
    "a range without end": ("InvalidPolicyDocument", lambda it: it.conditions.append(["content-length-range", 0])),
    "a range below 0": ("InvalidPolicyDocument", lambda it: it.conditions.append(["content-length-range", -1, 9])),
    "another operator": ("InvalidPolicyDocument", lambda it: it.conditions.append(["StArTs-WiTh", "$key", ""])),
    "a field without $": ("InvalidPolicyDocument", lambda it: it.conditions.append(["eq", "key", ""])),
    "a number": ("InvalidPolicyDocument", lambda it: it.conditions.append({"x-amz-meta-a": 1})),
    "deep brackets": (
        "InvalidPolicyDocument",
        lambda it: setattr(it, "policy", lambda: b64encode(b'{"expiration":"","conditions":' + b"[" * 9000).decode()),
    ),
    "an empty condition": ("InvalidPolicyDocument", lambda it: it.conditions.append({})),
    "expired": ("AccessDenied", lambda it: setattr(it, "expiration", "2020-01-01T00:00:00Z")),
    "no time": ("InvalidPolicyDocument", lambda it: setattr(it, "expiration", "tomorrow")),
    "no zone": ("InvalidPolicyDocument", lambda it: setattr(it, "expiration", "2999-01-01T00:00:00")),
    "another algorithm": ("InvalidRequest", lambda it: it.signing.update({"x-amz-algorithm": "AWS4-ECDSA"})),
    "another day": ("InvalidArgument", lambda it: it.signing.update({"x-amz-date": "20200101T000000Z"})),
    "an acl": (
        "AccessControlListNotSupported",
        lambda it: (it.fields.update(acl="public-read"), it.conditions.append({"acl": "public-read"})),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_the_policy_does_not_allow_is_refused(service: Service, catalog: FakeCatalog, name: str) -> None:
    code, change = REFUSED[name]
    upload = Upload()
    change(upload)
    answer = await post(service, upload)
    assert answer.code == code
    assert names(catalog) == []


async def test_a_form_of_another_signer_is_refused(service: Service, catalog: FakeCatalog) -> None:
    for upload, code in (
        (Upload(secret="another secret"), "SignatureDoesNotMatch"),
        (Upload(access_key_id="0" * 12), "InvalidAccessKeyId"),
        (Upload(region="eu-west-1"), "InvalidArgument"),
    ):
        assert (await post(service, upload)).code == code
    assert names(catalog) == []


async def test_a_policy_that_was_changed_is_refused_unread(service: Service, catalog: FakeCatalog) -> None:
    fields = {**Upload().all_fields(), "policy": b64encode(b"no JSON").decode()}
    assert (await send(service, encode(fields))).code == "SignatureDoesNotMatch"
    for name in ("policy", "x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm"):
        lacking = Upload().all_fields()
        del lacking[name]
        assert (await send(service, encode(lacking))).code == "InvalidArgument"
    assert (await send(service, encode({"key": "photos/a.txt"}))).code == "AccessDenied"
    old = {"key": "a", "AWSAccessKeyId": "root", "policy": "a", "signature": "b"}
    answer = await send(service, encode(old))
    assert (answer.code, "AWS4-HMAC-SHA256" in (answer.text("Message") or "")) == ("InvalidRequest", True)
    assert names(catalog) == []


async def test_a_form_is_small_up_to_its_file_which_is_last_and_one(service: Service, catalog: FakeCatalog) -> None:
    upload = Upload()
    upload.fields["x-ignore-a"] = "a" * (20 * 1024)
    assert (await post(service, upload)).code == "MaxPostPreDataLengthExceededError"
    fields = Upload().all_fields()
    for name in ("file", "x-amz-meta-a"):
        more = f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nb'.encode()
        assert (await send(service, encode(fields, more=more))).code == "InvalidArgument"
    whole = encode(fields)
    without_file = whole[: whole.index(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"'.encode())]
    assert (await send(service, without_file + f"--{BOUNDARY}--\r\n".encode())).code == "InvalidArgument"
    for at in (50, len(whole) // 2, len(whole) - 30, len(whole) - 5):
        assert (await send(service, whole[:at])).status == 400
    twice = encode({"KEY": "photos/a.txt", **fields})
    assert (await send(service, twice)).code == "InvalidArgument"
    assert names(catalog) == []


async def test_a_form_of_20_kb_is_taken(service: Service) -> None:
    upload = Upload()
    upload.fields["x-ignore-a"] = "a" * (18 * 1024)
    assert (await post(service, upload)).status == 204


async def test_what_is_no_form_is_refused(service: Service, s3: S3Client) -> None:
    answer = await send(service, b"a", {"content-type": "application/octet-stream"})
    assert (answer.status, answer.code) == (412, "PreconditionFailed")
    assert (await s3.send("POST", "/default", body=b"a")).code == "InvalidArgument"


async def test_a_missing_bucket_is_told_to_its_signer_alone(service: Service) -> None:
    upload = Upload()
    upload.conditions[0] = {"bucket": "missing"}
    body = encode(upload.all_fields())
    assert (await send(service, body, at="/missing")).code == "NoSuchBucket"
    upload.secret = "another secret"
    assert (await send(service, encode(upload.all_fields()), at="/missing")).code == "SignatureDoesNotMatch"
