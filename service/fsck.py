"""`fileport fsck`: check the stack, repair it where asked to, and report as text or as JSON."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import structlog

from domain.errors import FileportError
from domain.maintenance.check_integrity import CheckIntegrity, OnProgress
from domain.maintenance.errors import RepairRefusedError
from domain.maintenance.model import CheckCounts, Finding, FindingKind, Report
from domain.maintenance.repair_findings import REPAIRED, RepairCounts, RepairFindings
from service import embedded
from service.container.catalog import check_catalog
from service.container.container import make_inspection_container
from service.observability.causes import explain
from service.observability.origins import origins_of
from service.settings import Settings

CLEAN, FINDINGS, UNKNOWN = 0, 1, 2


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the command line."""

    deep: bool = False
    repair: bool = False
    force: bool = False
    json: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result, as `--json` prints it. `repaired` is None without `--repair`, and where `refused` gives a reason."""

    clean: bool
    deep: bool
    findings: list[Finding]
    checked: CheckCounts
    repaired: RepairCounts | None = None
    refused: str | None = None


def fsck(settings: Settings, options: Options) -> int:
    """Check the stack that `settings` describe. Return the exit status: `CLEAN`, `FINDINGS` or `UNKNOWN`."""
    try:
        with embedded.found_stack(settings) as found:
            outcome = asyncio.run(_check(found, options))
        sys.stdout.write(f"{_as_json(outcome) if options.json else _as_text(outcome)}\n")
        sys.stdout.flush()
    except FileportError as error:
        return _fail(explain(error, origins_of(settings)))
    except Exception:
        # Uncaught, it would exit with the status of findings.
        log = structlog.get_logger()
        log.exception("the check failed")
        return UNKNOWN
    if outcome.refused is not None:
        return _fail(outcome.refused)
    return CLEAN if outcome.clean else FINDINGS


async def _check(settings: Settings, options: Options) -> Outcome:
    await check_catalog(settings)
    container = make_inspection_container(settings)
    try:
        check = await container.get(CheckIntegrity)
        with _progress_bar() as on_progress:
            report = await check(deep=options.deep, on_progress=on_progress)
        if not options.repair:
            return _outcome(report, options)
        repair = await container.get(RepairFindings)
        try:
            return _outcome(report, options, repaired=await repair(report, force=options.force))
        except RepairRefusedError as error:
            return _outcome(report, options, refused=error.detail)
    finally:
        await container.close()


def _outcome(
    report: Report, options: Options, *, repaired: RepairCounts | None = None, refused: str | None = None
) -> Outcome:
    return Outcome(
        clean=not report.findings,
        deep=options.deep,
        findings=report.findings,
        checked=report.checked,
        repaired=repaired,
        refused=refused,
    )


@contextmanager
def _progress_bar() -> Iterator[OnProgress]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - takes a tenth of a second, which only terminals need
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Checking", total=1)
        yield lambda share: progress.update(task, completed=share)


def _as_json(outcome: Outcome) -> str:
    return msgspec.json.encode(outcome).decode()


def _as_text(outcome: Outcome) -> str:
    width = max(len(kind) for kind in FindingKind)
    lines = [f"{finding.kind:{width}}  {finding.subject}  {finding.detail}" for finding in outcome.findings]
    checked = outcome.checked
    lines.append(
        f"Checked {checked.live} live, {checked.staged} staged and {checked.condemned} condemned blobs of the catalog, "
        f"{checked.inline} of them inline with {checked.inline_bytes} bytes, "
        f"{checked.stored} blobs and {checked.unfinished} unfinished writes of the store, {checked.stored_bytes} bytes."
    )
    if outcome.deep:
        lines.append(f"Read {checked.read} blobs, {checked.read_bytes} bytes.")
    lines.append(_verdict(outcome))
    if outcome.repaired is not None:
        lines.append(_repairs(outcome.findings, outcome.repaired))
    return "\n".join(lines)


def _verdict(outcome: Outcome) -> str:
    count = len(outcome.findings)
    return "Clean." if outcome.clean else f"{count} finding{'s' if count > 1 else ''}."


def _repairs(findings: list[Finding], repaired: RepairCounts) -> str:
    left = sum(finding.kind not in REPAIRED for finding in findings)
    return (
        f"Repaired: {repaired.condemned} orphans condemned, {repaired.aborted} stray writes aborted, "
        f"{repaired.recounted_blobs} blobs and {repaired.recounted_buckets} buckets recounted, "
        f"{repaired.released} reservations released. "
        f"Cannot be repaired: {left}."
    )


def _fail(detail: str) -> int:
    sys.stderr.write(f"fileport: {detail}\n")
    return UNKNOWN
