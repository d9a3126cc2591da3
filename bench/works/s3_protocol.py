"""The S3 protocol beside our own API on the same server, and beside LocalStack; requests are signed as boto3's."""

import asyncio
import hashlib
from functools import cache
from urllib.parse import urlsplit

from botocore.credentials import Credentials

from bench.ceilings.s3 import BUCKET
from bench.clients.connection import Connection, request
from bench.clients.requests import Requests
from bench.clients.signing import sign, signed
from bench.clients.transfer import Target, download, upload
from bench.reporting.samples import Sample, transferred
from bench.sides.side import CHUNK, KEY, SMALL, body_of, sample_name
from bench.stage import Stage
from bench.works.requests import load
from bench.works.work import Work

NATIVE, BY_S3, LOCALSTACK = "fileport-disk", "fileport-by-s3", "localstack-by-s3"
# More than are asked for in a second: each upload has a name of its own, as those of our own API have.
_UPLOADS_A_SECOND = 6_000
# The ports of stores that have the objects already.
_FILLED: set[int] = set()


class _Api:
    """Where objects are on a server that speaks the protocol, and whose key signs."""

    def __init__(self, stage: Stage, name: str) -> None:
        if name == BY_S3:
            self.port, self._root, self._key = stage.side(NATIVE).port, "/s3/default/", ("root", KEY)
        else:
            self.port = urlsplit(stage.s3("localstack")).port or 0
            self._root, self._key = f"/{BUCKET}/", ("test", "test")

    def requests(self, method: str, names: list[str], body: bytes = b"") -> Requests:
        paths = tuple(self._root + name for name in names)
        return signed(Requests(port=self.port, paths=paths, method=method, body=body), *self._key)

    def target(self, method: str, name: str, payload: str) -> Target:
        path = self._root + name
        return Target(port=self.port, path=path, headers=sign(method, path, Credentials(*self._key), payload=payload))

    async def fill(self, names: list[str], body: bytes) -> None:
        requests = self.requests("PUT", names, body)
        connection = await Connection.open(self.port)
        for path, fields in zip(requests.paths, requests.fields, strict=True):
            await connection.ask(request("PUT", path, Content_Length=len(body), **fields), body)
        await connection.close()


def _get(stage: Stage, name: str, round_: int) -> Sample:
    names = [sample_name(SMALL, number) for number in range(stage.scale.samples)]
    if name != LOCALSTACK:
        side = stage.side(NATIVE)
        asyncio.run(side.fill(SMALL, len(names)))
        if name == NATIVE:
            return load(stage, side.get(*(side.api.named.format(name=each) for each in names)), round_)
    api = _Api(stage, name)
    if name == LOCALSTACK and api.port not in _FILLED:
        asyncio.run(api.fill(names, body_of(SMALL)))
        _FILLED.add(api.port)
    return load(stage, api.requests("GET", names), round_)


def _put(stage: Stage, name: str, round_: int) -> Sample:
    if name == NATIVE:
        side = stage.side(NATIVE)
        return load(stage, side.put(side.api.upload.format(name="uploads/beside-s3/{}"), body_of(SMALL)), round_)
    count = max(100, round(_UPLOADS_A_SECOND * stage.scale.seconds))
    names = [f"uploads/s3/{round_}/{number}" for number in range(count)]
    return load(stage, _Api(stage, name).requests("PUT", names, body_of(SMALL)), round_)


def _upload(stage: Stage, name: str, round_: int) -> Sample:
    mebibytes = stage.scale.large_mebibytes
    if name == NATIVE:
        target = stage.side(NATIVE).target(f"/v1/buckets/default/files/large/beside-s3/{round_}")
    else:
        target = _Api(stage, name).target("PUT", f"large/s3/{round_}", _payload(mebibytes))
    return transferred(stage.scale.large, upload(target, CHUNK, mebibytes))


def _download(stage: Stage, name: str, _: int) -> Sample:
    large = stage.side(NATIVE).large_file(stage.scale.large_mebibytes)
    if name == BY_S3:
        large = _Api(stage, name).target("GET", large.path.removeprefix("/v1/buckets/default/files/"), _EMPTY)
    return transferred(stage.scale.large, download(large, stage.scale.large))


_EMPTY = hashlib.sha256().hexdigest()


@cache
def _payload(mebibytes: int) -> str:
    """Return the SHA-256 of a large body, which clients send with it where there is no TLS."""
    hash_ = hashlib.sha256()
    for _ in range(mebibytes):
        hash_.update(CHUNK)
    return hash_.hexdigest()


SMALL_WORKS = (
    Work(
        name="s3-get-1k",
        title="1 KiB GET by S3's protocol",
        unit="/s",
        sides=(NATIVE, BY_S3, LOCALSTACK),
        optional=(LOCALSTACK,),
        measure=_get,
    ),
    Work(
        name="s3-put-1k",
        title="1 KiB PUT by S3's protocol",
        unit="/s",
        sides=(NATIVE, BY_S3, LOCALSTACK),
        optional=(LOCALSTACK,),
        measure=_put,
    ),
)

LARGE_WORKS = (
    Work(name="s3-put-1g", title="1 GiB PUT by S3's protocol", unit="MB/s", sides=(NATIVE, BY_S3), measure=_upload),
    Work(name="s3-get-1g", title="1 GiB GET by S3's protocol", unit="MB/s", sides=(NATIVE, BY_S3), measure=_download),
)
