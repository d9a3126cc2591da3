"""Pages of 50 out of many files: the first one, and one in the middle. Both sides have the same files, by COPY."""

import asyncio
import tempfile

import asyncpg
import msgspec

from bench.clients.connection import Connection, request
from bench.processes import environment, python_program, run
from bench.reporting.samples import Sample
from bench.sides.side import Side
from bench.stage import Stage
from bench.works.requests import load
from bench.works.work import Work

_PAGE = 1000
_CURSORS: dict[str, str] = {}
_EXPORT = """
SELECT id, bucket || '/' || name, content_type, size, tags::varchar[], metadata::json, blob_key, created_at
FROM files WHERE expires_at IS NULL OR expires_at > now()
"""
_COLUMNS = ["id", "name", "content_type", "size", "tags", "file_metadata", "key", "created_at"]


def _first(stage: Stage, name: str, round_: int) -> Sample:
    side = _filled(stage, name)
    return load(stage, side.get(side.api.page), round_)


def _middle(stage: Stage, name: str, round_: int) -> Sample:
    side = _filled(stage, name)
    depth = stage.scale.listed // 2
    # As either API is meant to be used.
    place = f"offset={depth}" if name == "guides-listed" else f"cursor={asyncio.run(_cursor(side, depth))}"
    return load(stage, side.get(f"{side.api.page}&{place}"), round_)


def _filled(stage: Stage, name: str) -> Side:
    """Return the side with its files, which it gets after its start: it would not start without their bytes."""
    if not stage.has_side("fileport-listed"):
        stage.side("fileport-listed")
        dsn = stage.database("fileport_listed")
        load_catalog = python_program("-m", "bench.load_catalog", dsn, str(stage.scale.listed), "--audit", "0")
        run(load_catalog, environment(), stage.cores.all)
    if not stage.has_side("guides-listed"):
        stage.side("guides-listed")
        asyncio.run(_copy(stage.database("fileport_listed"), stage.database("guides_listed")))
    return stage.side(name)


async def _copy(source: str, target: str) -> None:
    """Give the guides' stack the rows of Fileport's files."""
    reader, writer = await asyncpg.connect(source), await asyncpg.connect(target)
    try:
        with tempfile.TemporaryFile() as rows:
            await reader.copy_from_query(_EXPORT, output=rows, format="binary")
            rows.seek(0)
            await writer.copy_to_table("files", source=rows, columns=_COLUMNS, format="binary")
        await writer.execute("VACUUM ANALYZE")
    finally:
        await reader.close()
        await writer.close()


async def _cursor(side: Side, depth: int) -> str:
    """Return the cursor behind about so many files, reached from page to page."""
    if side.name not in _CURSORS:
        connection, cursor = await Connection.open(side.port), ""
        for _ in range(max(1, depth // _PAGE)):
            path = f"/v1/files?limit={min(_PAGE, depth)}" + (f"&cursor={cursor}" if cursor else "")
            page = await connection.ask(request("GET", path, **side.headers))
            cursor = msgspec.json.decode(page)["next"]
        await connection.close()
        _CURSORS[side.name] = cursor
    return _CURSORS[side.name]


WORKS = (
    Work(
        name="list-first",
        title="list 50, the first page",
        unit="/s",
        sides=("fileport-listed", "guides-listed"),
        measure=_first,
    ),
    Work(
        name="list-middle",
        title="list 50, a page in the middle",
        unit="/s",
        sides=("fileport-listed", "guides-listed"),
        measure=_middle,
    ),
)
