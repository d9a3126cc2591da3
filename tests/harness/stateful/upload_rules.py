"""Uploads: raw and as forms, whole and cut off."""

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.harness.stateful.driving import Driving, path_of
from tests.harness.stateful.refusals import Conditions
from tests.harness.stateful.values import buckets, conditions, content_types, contents, metadata, names, tags

_BOUNDARY = "a-boundary-that-no-content-holds"
_FILE_NAME = "from-the-part.txt"


class UploadRules(Driving):
    @rule(
        bucket=buckets,
        name=names,
        content_type=content_types,
        content=contents,
        conditions=conditions,
        is_chunked=st.booleans(),
        escaped=st.booleans(),
    )
    def put_file(
        self,
        bucket: str,
        name: str,
        content_type: str | None,
        content: bytes,
        conditions: Conditions,
        is_chunked: bool,
        escaped: bool,
    ) -> None:
        chunks = [content[:1], content[1:]] if is_chunked else None
        answer = self.send(
            "PUT",
            path_of(bucket, name, escaped=escaped),
            headers=self.upload_headers(bucket, name, content_type, conditions),
            content=chunks or content,
        )
        stored = self.predict(
            answer, lambda: self.model.put_file(bucket, name, content_type, content, conditions, chunks=chunks)
        )
        if stored:
            self.assert_answers(answer, 201 if stored[1] else 200, stored[0])

    @rule(
        bucket=buckets,
        name=st.none() | names,
        content_type=content_types,
        content=contents,
        metadata=st.none() | metadata.map(lambda value: (value,)),
        tags=st.none() | tags,
        are_tags_joined=st.booleans(),
        conditions=conditions,
    )
    def post_file(
        self,
        bucket: str,
        name: str | None,
        content_type: str | None,
        content: bytes,
        metadata: tuple[Any] | None,
        tags: list[str] | None,
        are_tags_joined: bool,
        conditions: Conditions,
    ) -> None:
        fields = []
        if name is not None:
            fields.append(("name", name))
        if metadata is not None:
            fields.append(("metadata", json.dumps(metadata[0], ensure_ascii=False)))
        if tags is not None:
            joined = are_tags_joined and not any(
                "," in tag or tag.strip() != tag or tag[:1] in {"", "["} for tag in tags
            )
            fields.append(("tags", ",".join(tags) if joined else json.dumps(tags)))
        given_name = name or _FILE_NAME
        answer = self.send(
            "POST",
            f"{path_of(bucket, '', escaped=False)}".rstrip("/"),
            headers={
                "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
                **self.condition_headers(conditions, self.found_at(bucket, given_name)),
            },
            content=_form(fields, content_type, content),
        )
        stored = self.predict(
            answer,
            lambda: self.model.post_file(
                bucket,
                given_name,
                content_type,
                content,
                metadata,
                None if tags is None else tuple(tags),
                conditions,
            ),
        )
        if stored:
            self.assert_answers(answer, 201 if stored[1] else 200, stored[0])

    @rule(bucket=buckets, name=names, content=contents)
    def upload_that_breaks_off(self, bucket: str, name: str, content: bytes) -> None:
        self.deployment.cut(path_of(bucket, name, escaped=False), headers={}, content=content)

    def upload_headers(
        self, bucket: str, name: str, content_type: str | None, conditions: Conditions
    ) -> dict[str, str]:
        given = {} if content_type is None else {"Content-Type": content_type}
        return {**given, **self.condition_headers(conditions, self.found_at(bucket, name))}


def _form(fields: list[tuple[str, str]], content_type: str | None, content: bytes) -> bytes:
    parts = [f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields]
    header = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{_FILE_NAME}"\r\n'
    if content_type is not None:
        header += f"Content-Type: {content_type}\r\n"
    head = "".join(f"{part}\r\n" for part in parts) + header + "\r\n"
    return head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
