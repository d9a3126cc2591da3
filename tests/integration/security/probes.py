"""Requests for every operation of the API document, on one target or another."""

import base64
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import msgspec

Document = dict[str, Any]
METHODS = ("get", "head", "post", "put", "patch", "delete")
# They differ from one answer to the next, whatever is asked: a refusal that comes before the body ends the connection.
VOLATILE = {"date", "x-request-id", "connection", "ratelimit", "ratelimit-policy", "server-timing"}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """The things that requests name: a bucket and a file in it, and things by their ids."""

    bucket: str
    name: str
    file_id: str
    upload_id: str
    job_id: str
    direct_upload_id: str
    key_id: str
    link_id: str

    @classmethod
    def missing_in(cls, bucket: str, name: str = "ab/missing.txt") -> "Target":
        """Return a target of which nothing exists, but perhaps the bucket."""
        ids = {field: str(uuid4()) for field in cls.__struct_fields__ if field.endswith("_id")}
        return cls(bucket=bucket, name=name, **ids)

    @property
    def upload_metadata(self) -> dict[str, str]:
        """The metadata of an upload that becomes the file."""
        pairs = {"bucket": self.bucket, "filename": self.name}
        encoded = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
        return {"Upload-Metadata": ",".join(encoded)}

    def masked(self, text: str) -> str:
        """Return the text with everything that names the target made the same for all targets."""
        for field in self.__struct_fields__:
            text = text.replace(getattr(self, field), f"<{field}>")
        return text


class Probe(msgspec.Struct, frozen=True):
    """A request for one operation. Its path has the names of parameters in braces."""

    method: str
    path: str
    operation: dict[str, Any]
    document: Document

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def is_open(self) -> bool:
        """Whether the operation takes no credentials of the header `Authorization: Bearer`."""
        return not self.operation["security"]

    async def send(self, client: httpx.AsyncClient, target: Target, **headers: str) -> httpx.Response:
        """Send the request for the target, with more headers."""
        path = re.sub(r"\{(\w+)\}", lambda name: getattr(target, name[1]), self.path)
        body, media_type = self._body(target)
        sent = {**self._required_headers(target), **({"Content-Type": media_type} if media_type else {}), **headers}
        if media_type == "multipart/form-data":
            del sent["Content-Type"]
            return await client.post(path, headers=sent, data={"name": target.name}, files={"file": b"changed"})
        return await client.request(self.method, path, params=self._query(target), headers=sent, content=body)

    def _query(self, target: Target) -> dict[str, str]:
        named = {each["name"] for each in self._parameters() if each["in"] == "query"}
        return {name: getattr(target, name) for name in ("bucket", "file_id") if name in named}

    def _required_headers(self, target: Target) -> dict[str, str]:
        parameters = [each for each in self._parameters() if each["in"] == "header"]
        headers = {each["name"]: str(each["example"]) for each in parameters if each.get("required")}
        if any(each["name"] == "Upload-Metadata" for each in parameters):
            headers |= target.upload_metadata | {"Upload-Length": "10"}
        return headers

    def _parameters(self) -> Iterator[dict[str, Any]]:
        known = self.document["components"]["parameters"]
        for each in self.operation.get("parameters", ()):
            yield known[each["$ref"].rpartition("/")[2]] if "$ref" in each else each

    def _body(self, target: Target) -> tuple[bytes | None, str | None]:
        content = self.operation.get("requestBody", {}).get("content", {})
        if not content:
            return None, None
        media_type, described = next(iter(content.items()))
        if "json" in media_type:
            example = described["examples"]["example"]["value"]
            return msgspec.json.encode(_named(example, target)), media_type
        if media_type == "multipart/form-data":
            return None, media_type
        return b"changed", "text/plain" if media_type == "*/*" else media_type


def probes(document: Document) -> list[Probe]:
    """Return a probe for every operation of the document."""
    return [
        Probe(method, path, item[method], document)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def seen(answer: httpx.Response, target: Target) -> tuple[int, dict[str, str], str]:
    """Return all that the answer tells its reader, as it would be for any other target."""
    headers = {name: target.masked(value) for name, value in answer.headers.items() if name not in VOLATILE}
    text = target.masked(answer.text)
    # Its length says no more than the text does, where the target's names are not of one length.
    headers.pop("content-length", None)
    return answer.status_code, headers, text


def _named(example: Any, target: Target) -> Any:
    """Return the example of a body with everything in it that names a bucket or a file naming the target's."""
    names = {
        "bucket": target.bucket,
        "name": target.name,
        "id": target.file_id,
        "ids": [target.file_id],
        "prefix": "ab/",
        "if_match": None,
    }
    match example:
        case dict():
            kept = {key: value for key, value in example.items() if key != "if_match"}
            return {
                key: names[key] if key in names and not isinstance(value, dict) else _named(value, target)
                for key, value in kept.items()
            }
        case list():
            return [_named(each, target) for each in example]
        case _:
            return example
