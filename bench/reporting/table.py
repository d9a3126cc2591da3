"""The table of ratios, as text that is Markdown too."""

from collections.abc import Iterable

import msgspec

from bench.reporting.result_set import ResultSet
from bench.reporting.statistics import Spread, ratios, spread
from bench.rows import Row

_HEADER = ("work", "Fileport", "beside it", "ratio", "range", "by CPU", "bound", "reached")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A row with its figures. `value` is the ratio, or ours where nothing is beside it; None where it is not known.

    `processor` is how many times the processor time of ours the other side takes.
    """

    row: Row
    unit: str = ""
    ours: Spread | None = None
    theirs: Spread | None = None
    value: Spread | None = None
    processor: Spread | None = None

    @property
    def is_reached(self) -> bool | None:
        """Whether the median keeps the bound; None where there is no bound or no value."""
        if self.value is None:
            return None
        if self.row.at_least is not None:
            return self.value.median >= self.row.at_least
        return None if self.row.at_most is None else self.value.median <= self.row.at_most


def outcomes(results: ResultSet, rows: Iterable[Row]) -> list[Outcome]:
    return [_outcome(results, row) for row in rows]


def render(found: Iterable[Outcome]) -> str:
    """Return the rows that were measured as a table; what has no bound is marked with a dash."""
    lines = [_HEADER, *(_cells(each) for each in found if each.value is not None)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    rule = [":" + "-" * (width - 1) if column == 0 else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return "\n".join(_line(line, widths) for line in (lines[0], rule, *lines[1:])) + "\n"


def _outcome(results: ResultSet, row: Row) -> Outcome:
    ours = results.find(row.ours, row.work)
    if ours is None:
        return Outcome(row=row)
    mine = spread(ours.values)
    if not row.theirs:
        return Outcome(row=row, unit=ours.unit, ours=mine, value=mine)
    measured = (results.find(side, row.their_work or row.work) for side in row.theirs)
    theirs = next((figure for figure in measured if figure is not None), None)
    if theirs is None:
        return Outcome(row=row, unit=ours.unit, ours=mine)
    return Outcome(
        row=row,
        unit=ours.unit,
        ours=mine,
        theirs=spread(theirs.values),
        value=ratios(ours.values, theirs.values),
        processor=None if not (ours.processor and theirs.processor) else ratios(theirs.processor, ours.processor),
    )


def _cells(found: Outcome) -> tuple[str, ...]:
    assert found.ours is not None
    assert found.value is not None
    is_ratio = found.theirs is not None
    return (
        found.row.title,
        _figure(found.ours.median, found.unit),
        "" if found.theirs is None else _figure(found.theirs.median, found.unit),
        f"{found.value.median:.2f}" if is_ratio else "",
        f"{_short(found.value.least)} - {_short(found.value.greatest)}",
        "" if found.processor is None else f"{found.processor.median:.2f}",
        _bound(found.row),
        {True: "yes", False: "NO", None: "-"}[found.is_reached],
    )


def _bound(row: Row) -> str:
    if row.at_least is not None:
        return f">= {row.at_least:.2f}"
    return "-" if row.at_most is None else f"<= {row.at_most:g}"


def _figure(value: float, unit: str) -> str:
    return f"{_short(value)}{unit}" if unit.startswith("/") else f"{_short(value)} {unit}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    padded = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join(padded)} |"
