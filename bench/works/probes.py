"""Ceilings that are no servers: each measurement is a process of its own, on the servers' processor."""

import msgspec

from bench.processes import environment, python_program, run
from bench.reporting.samples import Sample
from bench.stage import Stage


def probe(stage: Stage, what: str, *words: object, s3: str | None = None) -> Sample:
    """Run `python -m bench.ceilings what …`. Raises `StartError`."""
    environ = environment(CEILINGS_DATABASE_URL=stage.database("guides_disk"))
    if s3 is not None:
        environ["CEILINGS_S3_ENDPOINT_URL"] = stage.s3(s3)
    command = python_program("-m", "bench.ceilings", what, *map(str, words))
    return msgspec.json.decode(run(command, environ, stage.cores.server), type=Sample)


def repeated(stage: Stage, what: str, *words: object, tasks: int, s3: str | None = None) -> Sample:
    """The same for a call that is repeated, by so many tasks at once."""
    return probe(stage, what, "--seconds", stage.scale.seconds, "--tasks", tasks, *words, s3=s3)
