"""Small requests: nothing, metadata, downloads and uploads of 1 and 64 KiB."""

import asyncio
from collections.abc import Callable

from bench.clients import own, wrk
from bench.clients.requests import Requests
from bench.reporting.samples import Sample
from bench.sides.side import MEDIUM, SMALL, Side, body_of, sample_name
from bench.stage import Stage
from bench.works.probes import repeated
from bench.works.work import Measure, Work

_FILES = ("fileport-disk", "guides-disk", "fileport-s3", "guides-s3")
_WARM_UP_SECONDS = 1.0


def load(stage: Stage, requests: Requests, round_: int) -> Sample:
    """Put the load on a server, as the scale has it."""
    seconds = stage.scale.seconds if round_ else min(stage.scale.seconds, _WARM_UP_SECONDS)
    measure = wrk.measure if stage.scale.has_wrk else own.measure
    return measure(requests.unique(str(round_)), connections=stage.scale.connections, seconds=seconds)


def _over_http(build: Callable[[Side], Requests], *, size: int | None = None) -> Measure:
    def measure(stage: Stage, name: str, round_: int) -> Sample:
        side = stage.side(name)
        if size is not None and name not in {"litestar", "asgi"}:
            asyncio.run(side.fill(size, stage.scale.samples))
        return load(stage, build(side), round_)

    return measure


def _or_probe(measure: Measure, probes: dict[str, Callable[[Stage], Sample]]) -> Measure:
    def measured(stage: Stage, name: str, round_: int) -> Sample:
        return probes[name](stage) if name in probes else measure(stage, name, round_)

    return measured


def _metadata(stage: Stage, name: str, round_: int) -> Sample:
    side = stage.side(name)
    # Litestar's and bare ASGI's one query reads the rows of the guides' stack.
    filled = stage.side("guides-disk") if name in {"litestar", "asgi"} else side
    asyncio.run(filled.fill(SMALL, stage.scale.samples))
    paths = (side.api.metadata.format(id=id_) for id_ in filled.ids(SMALL))
    return load(stage, side.get(*paths), round_)


def _contents(size: int) -> Callable[[Side], Requests]:
    return lambda side: side.get(*(side.api.content.format(id=id_) for id_ in side.ids(size)))


def _named(size: int) -> Callable[[Side], Requests]:
    return lambda side: side.get(
        *(side.api.named.format(name=sample_name(size, number)) for number in range(len(side.ids(size))))
    )


def _uploads(size: int) -> Callable[[Side], Requests]:
    return lambda side: side.put(side.api.upload.format(name=f"uploads/{size}/{{}}"), body_of(size))


def _on_s3(what: str, store: str) -> Callable[[Stage], Sample]:
    return lambda stage: repeated(stage, what, "--size", MEDIUM, tasks=stage.scale.connections, s3=store)


_INSERTS: dict[str, Callable[[Stage], Sample]] = {
    "insert-1": lambda stage: repeated(stage, "insert", tasks=1),
    "insert-16": lambda stage: repeated(stage, "insert", tasks=stage.scale.connections),
}
_QUERIES: dict[str, Callable[[Stage], Sample]] = {
    "asyncpg-1": lambda stage: repeated(stage, "query", tasks=1),
    "asyncpg-16": lambda stage: repeated(stage, "query", tasks=stage.scale.connections),
}

WORKS = (
    Work(
        name="nothing",
        title="a request that does nothing",
        unit="/s",
        sides=("fileport-disk", "litestar", "asgi", "guides-disk"),
        measure=_over_http(lambda side: side.get(side.api.nothing)),
    ),
    Work(
        name="metadata",
        title="metadata GET by id",
        unit="/s",
        sides=("fileport-disk", "guides-disk", "litestar", "asgi", *_QUERIES),
        measure=_or_probe(_metadata, _QUERIES),
    ),
    Work(
        name="download-1k-id",
        title="1 KiB download by id",
        unit="/s",
        sides=_FILES,
        measure=_over_http(_contents(SMALL), size=SMALL),
    ),
    Work(
        name="download-1k-name",
        title="1 KiB download by name",
        unit="/s",
        sides=_FILES,
        measure=_over_http(_named(SMALL), size=SMALL),
    ),
    Work(
        name="upload-1k",
        title="1 KiB upload",
        unit="/s",
        sides=(*_FILES, "litestar", *_INSERTS),
        measure=_or_probe(_over_http(_uploads(SMALL)), _INSERTS),
    ),
    Work(
        name="download-64k",
        title="64 KiB download",
        unit="/s",
        sides=(*_FILES, "get_object"),
        measure=_or_probe(_over_http(_contents(MEDIUM), size=MEDIUM), {"get_object": _on_s3("get", "stand-in")}),
    ),
    Work(
        name="upload-64k",
        title="64 KiB upload",
        unit="/s",
        sides=(*_FILES, "put_object"),
        measure=_or_probe(_over_http(_uploads(MEDIUM)), {"put_object": _on_s3("put", "stand-in")}),
    ),
    Work(
        name="download-64k-localstack",
        title="64 KiB download, LocalStack",
        unit="/s",
        sides=("fileport-localstack", "get_object-localstack"),
        optional=("fileport-localstack", "get_object-localstack"),
        rounds=3,
        measure=_or_probe(
            _over_http(_contents(MEDIUM), size=MEDIUM), {"get_object-localstack": _on_s3("get", "localstack")}
        ),
    ),
    Work(
        name="upload-64k-localstack",
        title="64 KiB upload, LocalStack",
        unit="/s",
        sides=("fileport-localstack", "put_object-localstack"),
        optional=("fileport-localstack", "put_object-localstack"),
        rounds=3,
        measure=_or_probe(_over_http(_uploads(MEDIUM)), {"put_object-localstack": _on_s3("put", "localstack")}),
    ),
)
