"""Large files, one at a time."""

from collections.abc import Callable

from bench.clients.transfer import download, upload
from bench.reporting.samples import Sample, transferred
from bench.sides.side import CHUNK
from bench.stage import Stage
from bench.works.probes import probe
from bench.works.work import Measure, Work


def _upload(stage: Stage, name: str, round_: int) -> Sample:
    side = stage.side(name)
    seconds = upload(side.target(side.api.upload.format(name=f"large/{round_}")), CHUNK, stage.scale.large_mebibytes)
    return transferred(stage.scale.large, seconds)


def _download(stage: Stage, name: str, _: int) -> Sample:
    side = stage.side(name)
    return transferred(stage.scale.large, download(side.large_file(stage.scale.large_mebibytes), stage.scale.large))


def _or_probe(measure: Measure, probes: dict[str, Callable[[Stage], Sample]]) -> Measure:
    return lambda stage, name, round_: probes[name](stage) if name in probes else measure(stage, name, round_)


def _copy(stage: Stage) -> Sample:
    source = stage.large_file()
    return probe(stage, "copy", "--source", source, "--target", source.with_name("copy"))


_ON_DISK: dict[str, Callable[[Stage], Sample]] = {
    "copy-hash-fsync": _copy,
    "sha256": lambda stage: probe(stage, "hash", "--size", stage.scale.large),
}
_UP_S3: dict[str, Callable[[Stage], Sample]] = {
    "aioboto3": lambda stage: probe(stage, "s3-upload", "--source", stage.large_file(), s3="stand-in")
}
_DOWN_S3: dict[str, Callable[[Stage], Sample]] = {
    "aioboto3": lambda stage: probe(stage, "s3-download", "--source", stage.large_file(), s3="stand-in")
}

WORKS = (
    Work(
        name="upload-1g",
        title="1 GiB upload, disk",
        unit="MB/s",
        sides=("fileport-disk", "copy-hash-fsync", "guides-disk", "sha256"),
        measure=_or_probe(_upload, _ON_DISK),
    ),
    Work(
        name="download-1g",
        title="1 GiB download, disk",
        unit="MB/s",
        sides=("fileport-disk", "nginx", "sendfile", "guides-disk"),
        optional=("nginx",),
        measure=_download,
    ),
    Work(
        name="upload-1g-s3",
        title="1 GiB upload, S3",
        unit="MB/s",
        sides=("fileport-s3", "aioboto3", "guides-s3"),
        measure=_or_probe(_upload, _UP_S3),
    ),
    Work(
        name="download-1g-s3",
        title="1 GiB download, S3",
        unit="MB/s",
        sides=("fileport-s3", "aioboto3", "guides-s3"),
        measure=_or_probe(_download, _DOWN_S3),
    ),
)
