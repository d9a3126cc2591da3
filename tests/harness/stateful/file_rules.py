"""Files that are there: read, changed, copied, deleted."""

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import rule

from domain.values.encodings.decoders import TextDecoder
from domain.values.media_types import encoding_of
from tests.harness.stateful.driving import Driving, path_of
from tests.harness.stateful.records import ModelFile
from tests.harness.stateful.refusals import Conditions, Refused
from tests.harness.stateful.values import (
    buckets,
    conditions,
    content_types,
    expiries,
    metadata_patches,
    names,
    picks,
    tags,
)
from tests.support.clients import said_of_content

_moves = st.fixed_dictionaries(
    {},
    optional={
        "name": names,
        "bucket": buckets,
        "content_type": content_types.map(lambda value: value or "text/plain; a=b"),
    },
)
_annotations = st.fixed_dictionaries(
    {}, optional={"metadata": metadata_patches, "tags": st.none() | tags, "expires_at": expiries}
)
_destinations = st.fixed_dictionaries({}, optional={"name": st.none() | names, "bucket": st.none() | buckets})


class FileRules(Driving):
    @rule(bucket=buckets, name=names, escaped=st.booleans())
    def read_by_name(self, bucket: str, name: str, escaped: bool) -> None:
        path = path_of(bucket, name, escaped=escaped)
        answer = self.read(path)
        if file := self.predict(answer, lambda: self.model.get_file_by_name(bucket, name)):
            self.assert_content(answer, file)

    @rule(number=picks)
    def read_by_id(self, number: int) -> None:
        id_ = self.pick(number)
        record, content, text = (self.read(f"/v1/files/{id_}{part}") for part in ("", "/content", "/text"))
        if file := self.predict(record, lambda: self.model.file(id_)):
            self.assert_answers(record, 200, file)
        if file := self.predict(content, lambda: self.model.file(id_)):
            self.assert_content(content, file)
        if decoded := self.predict(text, lambda: (_text(self.model.file(id_)),)):
            assert text.headers["content-type"] == "text/plain; charset=utf-8"
            assert text.content.decode() == decoded[0]

    @rule(number=picks, patch=_moves, conditions=conditions)
    def move_file(self, number: int, patch: dict[str, Any], conditions: Conditions) -> None:
        self.change_file(number, patch, conditions)

    @rule(number=picks, patch=_annotations, conditions=conditions)
    def annotate_file(self, number: int, patch: dict[str, Any], conditions: Conditions) -> None:
        if isinstance(patch.get("expires_at"), int):
            patch = {**patch, "expires_at": self.hours_from_now(patch["expires_at"])}
        self.change_file(number, patch, conditions)

    def change_file(self, number: int, patch: dict[str, Any], conditions: Conditions) -> None:
        id_ = self.pick(number)
        answer = self.send_json("PATCH", f"/v1/files/{id_}", patch, conditions, self.found(id_))
        if file := self.predict(answer, lambda: self.model.change_file(id_, patch, conditions)):
            self.assert_answers(answer, 200, file)

    @rule(number=picks, to=_destinations, conditions=conditions)
    def copy_file(self, number: int, to: dict[str, Any], conditions: Conditions) -> None:
        id_ = self.pick(number)
        answer = self.send_json("POST", f"/v1/files/{id_}/copy", to, conditions, self.found(id_))
        if copy := self.predict(answer, lambda: self.model.copy_file(id_, to, conditions)):
            self.assert_answers(answer, 201, copy)
            self.assert_content(self.read(f"/v1/files/{copy.id}/content"), copy)

    @rule(number=picks, conditions=conditions)
    def delete_file(self, number: int, conditions: Conditions) -> None:
        id_ = self.pick(number)
        headers = self.condition_headers(conditions, self.found(id_))
        answer = self.send("DELETE", f"/v1/files/{id_}", headers=headers)
        self.predict(answer, lambda: self.model.delete_file(id_, conditions))

    @rule(bucket=buckets, name=names, escaped=st.booleans(), conditions=conditions)
    def delete_by_name(self, bucket: str, name: str, escaped: bool, conditions: Conditions) -> None:
        try:
            file = self.model.get_file_by_name(bucket, name)
        except Refused:
            file = None
        headers = self.condition_headers(conditions, file)
        answer = self.send("DELETE", path_of(bucket, name, escaped=escaped), headers=headers)
        self.predict(answer, lambda: self.model.delete_file_by_name(bucket, name, conditions))

    def read(self, url: str) -> httpx.Response:
        """Return the answer to GET, after HEAD answered the same without the body."""
        head, answer = self.send("HEAD", url), self.send("GET", url)
        assert (head.status_code, head.content) == (answer.status_code, b"")
        said, expected = said_of_content(head), said_of_content(answer)
        if "content-length" not in head.headers:
            expected.pop("content-length", None)  # unknown before the body is sent (RFC 9110, section 9.3.2)
        for each in (said, expected):
            each.pop("last-modified", None)  # not later than Date, which may be another second
        assert said == expected
        return answer

    def assert_content(self, answer: httpx.Response, file: ModelFile) -> None:
        assert answer.status_code == 200
        assert answer.content == file.content
        expected = {
            "content-type": file.content_type,
            "content-length": str(file.size),
            "etag": file.etag,
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
        }
        assert {name: answer.headers.get(name) for name in expected} == expected
        assert answer.headers["last-modified"] in _last_modified(file, answer)


def _last_modified(file: ModelFile, answer: httpx.Response) -> set[str]:
    """Return the times that the answer may show: never later than when it was made, between the request and `Date`."""
    second = file.updated_at.replace(microsecond=0) + timedelta(seconds=file.revision > 1)
    sent = parsedate_to_datetime(answer.headers["date"])
    asked = (sent - answer.elapsed).replace(microsecond=0)
    return {format_datetime(min(second, moment), usegmt=True) for moment in (asked, sent)}


def _text(file: ModelFile) -> str:
    encoding = encoding_of(file.content_type)
    try:
        text = TextDecoder(encoding).decode(file.content, final=True) if encoding else None
    except UnicodeError:
        text = None
    if text is None or "\0" in text:
        raise Refused(415, "not_text")
    return text
