"""What all rules have in common: requests are sent, and each answer is held against the model's prediction."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import msgspec
from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from domain.buckets.model import Policy
from tests.harness.stateful.deployment import Deployment
from tests.harness.stateful.model import Model
from tests.harness.stateful.records import ModelFile
from tests.harness.stateful.refusals import Conditions, Refused
from tests.harness.stateful.values import MOSTLY, first_policies

T = TypeVar("T")

FIRST_NOTES = {"metadata": {"a": {"k": 1}, "k": "x"}, "tags": ["red"]}
NEVER_WAS = UUID("0199d3a0-0000-7000-8000-000000000000")
_NO_TAG = '"nobody-1"'


class Driving(RuleBasedStateMachine):
    """Derive a machine for each deployment, and give it `deployment`."""

    deployment: ClassVar[Deployment]
    model: Model

    def __init__(self) -> None:
        super().__init__()
        self._counted = count()

    @initialize(policy=first_policies)
    def begin(self, policy: dict[str, Any]) -> None:
        self.deployment.reset()
        self.model = Model(self.deployment.now(), grace=self.deployment.grace)
        self.send_json("PUT", "/v1/buckets/one", policy)
        self.model.put_bucket("one", msgspec.convert(policy, Policy))
        for bucket in self.send("GET", "/v1/buckets").json()["items"]:
            self.model.buckets[bucket["name"]].created_at = self._time(bucket["created_at"])
        for bucket, name in (("default", "a"), ("one", "b.txt")):
            answer = self.send("PUT", path_of(bucket, name, escaped=False), content=b"first")
            self.predict(answer, partial(self.model.put_file, bucket, name, None, b"first", {}))
            id_ = UUID(answer.json()["id"])
            answer = self.send_json("PATCH", f"/v1/files/{id_}", FIRST_NOTES)
            self.predict(answer, partial(self.model.change_file, id_, FIRST_NOTES, {}))

    @invariant()
    def everything_acknowledged_is_there(self) -> None:
        """Nothing else is, and the buckets' usage is the sum of their files."""
        self.look()
        page = self.send("GET", "/v1/files", params={"limit": "1000", "sort": "id", "total": "true"}).json()
        expected = sorted(self.model.live(), key=lambda file: str(file.id))
        assert [each["id"] for each in page["items"]] == [str(file.id) for file in expected]
        assert (page["total"], page["next"]) == (len(expected), None)
        for shown, file in zip(page["items"], expected, strict=True):
            self.assert_shows(shown, file)
        buckets = {each["name"]: each for each in self.send("GET", "/v1/buckets").json()["items"]}
        assert list(buckets) == sorted(self.model.buckets)
        for name in self.model.buckets:
            self.assert_shows_bucket(buckets[name], name)

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        self.look()
        for file in self.model.live():
            assert self.send("GET", f"/v1/files/{file.id}/content").content == file.content
        self.deployment.check_blobs(len(self.model.blobs()))

    # Requests

    def send(self, method: str, url: str, **parts: Any) -> httpx.Response:
        """Send a request and return the answer. Every other one that takes an idempotency key is sent again with it."""
        is_keyed = method in {"PUT", "POST"} and next(self._counted) % 2 == 0
        if is_keyed:
            parts["headers"] = {**parts.get("headers", {}), "Idempotency-Key": f'"{uuid4()}"'}
        answer = self.deployment.send(method, url, **parts)
        note(f"{method} {url} -> {answer.status_code}")
        if is_keyed and answer.is_success:
            again = self.deployment.send(method, url, **parts)
            for header in ("etag", "location"):
                assert again.headers.get(header) == answer.headers.get(header)
            assert (again.status_code, again.content) == (answer.status_code, answer.content)
        assert answer.status_code < 500 or answer.status_code == 507, answer.text
        assert answer.headers["x-request-id"]
        return answer

    def send_json(
        self, method: str, url: str, body: Any, conditions: Conditions | None = None, file: ModelFile | None = None
    ) -> httpx.Response:
        headers = {"Content-Type": "application/json", **self.condition_headers(conditions or {}, file)}
        return self.send(method, url, headers=headers, content=json.dumps(body).encode())

    def condition_headers(self, conditions: Conditions, file: ModelFile | None) -> dict[str, str]:
        """Return the conditions as headers for a request that is about `file`."""
        current = file.etag if file else _NO_TAG
        return {
            header: {
                "current": current,
                "other": '"somebody-1"',
                "star": "*",
                "weak": f"W/{current}",
                "list": f'"somebody-1", {current}',
                "malformed": "unquoted",
            }[kind]
            for header, kind in conditions.items()
        }

    def look(self) -> None:
        """Set the model's time."""
        self.model.now = self.deployment.now()

    def pick(self, number: int) -> UUID:
        """Return the id of one of the files, of one that is gone, or of one that never was."""
        ids = [*self.model.files]
        if number > MOSTLY or not ids:
            ids = [*self.model.gone, NEVER_WAS]
        return ids[number % len(ids)]

    def found(self, id: UUID) -> ModelFile | None:
        """Return the file as the model knows it, None where there is none."""
        self.look()
        return next((file for file in self.model.live() if file.id == id), None)

    def found_at(self, bucket: str, name: str) -> ModelFile | None:
        self.look()
        return next((file for file in self.model.live() if (file.bucket, file.name) == (bucket, name)), None)

    # Predictions

    def predict(self, answer: httpx.Response, change: Callable[[], T]) -> T | None:
        """Make the change in the model. Returns None where it was refused, as it should be."""
        self.look()
        is_success = answer.is_success and answer.headers.get("content-type") == "application/json"
        if is_success and "updated_at" in (shown := answer.json()):
            self.model.new_id, self.model.new_etag = UUID(shown["id"]), shown["etag"]
            if not self.deployment.is_clock_exact:
                self.model.now = self._time(shown["updated_at"])
        try:
            predicted = change()
        except Refused as refused:
            self.assert_refused(answer, refused.status, refused.code)
            return None
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return predicted

    def assert_refused(self, answer: httpx.Response, status: int, code: str) -> None:
        body = answer.json() if answer.request.method != "HEAD" else {"code": code, "status": status}
        assert (answer.status_code, body["status"], body["code"]) == (status, status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"

    def assert_answers(self, answer: httpx.Response, status: int, file: ModelFile) -> None:
        """Assert that the answer to a change is the record of the file."""
        assert answer.status_code == status
        assert answer.headers["etag"] == file.etag
        assert answer.headers.get("location") == (f"/v1/files/{file.id}" if status == 201 else None)
        self.assert_shows(answer.json(), file)

    def assert_shows(self, shown: Mapping[str, Any], file: ModelFile) -> None:
        times = {field: self._time(shown[field]) for field in ("created_at", "updated_at", "expires_at")}
        assert same({**shown, **times}, record(file)), (shown, record(file))

    def assert_shows_bucket(self, shown: dict[str, Any], name: str) -> None:
        bucket = self.model.buckets[name]
        assert {**shown, "created_at": self._time(shown["created_at"])} == {
            **msgspec.json.decode(msgspec.json.encode(bucket.policy)),
            "name": name,
            "created_at": bucket.created_at,
            "usage": self.model.usage(name),
        }

    def _time(self, text: str | None) -> Any:
        return None if text is None else datetime.fromisoformat(text)

    def hours_from_now(self, hours: int) -> str:
        return (self.deployment.now() + timedelta(hours=hours)).astimezone(UTC).isoformat()


def record(file: ModelFile) -> dict[str, Any]:
    """Return a file as the API shows it, with times as times."""
    return {
        "id": str(file.id),
        "bucket": file.bucket,
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "etag": file.etag,
        "metadata": file.metadata,
        "tags": list(file.tags),
        "revision": file.revision,
        "created_at": file.created_at,
        "updated_at": file.updated_at,
        "expires_at": file.expires_at,
    }


def same(a: Any, b: Any) -> bool:
    """Tell whether two JSON values are the same. A number may be written in another way, but is no boolean."""
    match a, b:
        case dict(), dict():
            return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
        case list(), list():
            return len(a) == len(b) and all(map(same, a, b))
        case (bool(), _) | (_, bool()):
            return a is b
        case (float(), int()) | (int(), float()):
            return Decimal(repr(a)) == Decimal(repr(b))
        case _:
            return bool(a == b)


def path_of(bucket: str, name: str, *, escaped: bool) -> str:
    """Return the path of a file, with its name percent-encoded where it must be or everywhere."""
    # Clients fold segments of dots that are written out.
    if escaped or not {".", ".."}.isdisjoint(name.split("/")):
        encoded = "".join(f"%{byte:02X}" for byte in name.encode())
    else:
        encoded = quote(name, safe="/!$&'()*+,;=:@")
    return f"/v1/buckets/{quote(bucket, safe='')}/files/{encoded}"
