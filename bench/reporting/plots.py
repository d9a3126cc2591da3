"""Plots as PNG: ratios by row, latencies, large files, and how listings grow with the catalog."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.reporting.result_set import ResultSet
from bench.reporting.statistics import spread
from bench.reporting.table import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_COLORS = {"fileport": "#1f6fb4", "guides": "#d98b2b", "other": "#9a9a9a", "missed": "#c0392b"}
_LATENCY_WORKS = (
    "nothing",
    "metadata",
    "list-first",
    "list-middle",
    "download-1k-id",
    "upload-1k",
    "download-64k",
    "upload-64k",
)
_LARGE_WORKS = ("upload-1g", "download-1g", "upload-1g-s3", "download-1g-s3")
# Of the listings on a growing catalog, the slowest have names.
_NAMED_OPERATIONS = 8


class _GrowthPoint(msgspec.Struct):
    """`code`: that of the problem which the operation ended with, if it did."""

    files: int
    operation: str
    p50_ms: float
    code: str | None = None


def draw(results: ResultSet, found: Iterable[Outcome], directory: Path) -> list[Path]:
    """Draw what was measured, and return the plots' paths."""
    # Here alone: a run without plots needs no matplotlib.
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    drawn = []
    for name, plot in {
        "ratios": lambda axes: _ratios(axes, [each for each in found if each.theirs is not None]),
        "latencies": lambda axes: _latencies(axes, results),
        "large-files": lambda axes: _large(axes, results),
        "catalog-growth": lambda axes: _growth(axes, directory / "catalog-growth.json"),
    }.items():
        path = directory / f"{name}.png"
        if _plot(plot, path):
            drawn.append(path)
    return drawn


def _plot(plot: Any, path: Path) -> bool:
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(10, 7.5), layout="constrained")
    try:
        if has_data := plot(axes):
            figure.savefig(path, dpi=110)
        return bool(has_data)
    finally:
        plt.close(figure)


def _ratios(axes: "Axes", found: Sequence[Outcome]) -> bool:
    for place, each in enumerate(reversed(found)):
        assert each.value is not None
        color = _COLORS["missed"] if each.is_reached is False else _COLORS["fileport"]
        axes.barh(place, each.value.median, color=color if each.row.at_least is not None else _COLORS["other"])
        axes.plot([each.value.least, each.value.greatest], [place, place], color="black", linewidth=1)
        right = max(each.value.greatest, each.row.at_least or 0)
        axes.text(right * 1.06, place, f"{each.value.median:.2f}", va="center", fontsize=8)
        if each.row.at_least is not None:
            axes.plot([each.row.at_least] * 2, [place - 0.45, place + 0.45], color="black", linewidth=2)
    axes.set_yticks(range(len(found)), [each.row.title for each in reversed(found)], fontsize=8)
    axes.set_xscale("log")
    _label_plainly(axes.xaxis)
    axes.axvline(1, color="black", linewidth=0.5)
    axes.set_xlabel("median ratio, least and greatest; thick mark: bound; red: missed; grey: none")
    return bool(found)


def _latencies(axes: "Axes", results: ResultSet) -> bool:
    works = [work for work in _LATENCY_WORKS if any(figure.work == work for figure in results.figures)]
    for index, (kind, prefix) in enumerate({"Fileport": "fileport", "the guides' stack": "guides"}.items()):
        for percentile, alpha in (("99", 0.4), ("50", 1.0)):
            places, values = [], []
            for place, work in enumerate(works):
                side = f"{prefix}-{'listed' if work.startswith('list') else 'disk'}"
                if (figure := results.find(side, work)) is not None:
                    places.append(place + (index - 0.5) * 0.4)
                    values.append(spread([s.latencies[percentile] * 1000 for s in figure.samples]).median)
            label = f"{kind}, {'median' if percentile == '50' else '99 %'}"
            axes.bar(places, values, width=0.38, color=_COLORS[prefix], alpha=alpha, label=label)
    axes.set_xticks(range(len(works)), works, rotation=25)
    axes.set_yscale("log")
    _label_plainly(axes.yaxis)
    axes.set_ylabel("latency in milliseconds, 16 connections, closed loop")
    axes.legend()
    return bool(works)


def _large(axes: "Axes", results: ResultSet) -> bool:
    place, labels = 0, []
    for work in _LARGE_WORKS:
        for figure in (each for each in results.figures if each.work == work):
            told = spread(figure.values)
            color = _COLORS.get(figure.side.partition("-")[0], _COLORS["other"])
            axes.barh(place, told.median, color=color)
            axes.plot([told.least, told.greatest], [place, place], color="black", linewidth=1)
            labels.append(f"{work}  {figure.side}")
            place += 1
    axes.set_yticks(range(place), labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("MB/s, one transfer")
    return bool(place)


def _growth(axes: "Axes", path: Path) -> bool:
    """Draw a line an operation from `python -m bench.catalog`, and name those that are slowest in the end."""
    if not path.exists():
        return False
    lines: dict[str, list[tuple[int, float]]] = {}
    for point in msgspec.json.decode(path.read_bytes(), type=list[_GrowthPoint]):
        if not point.code:
            lines.setdefault(point.operation, []).append((point.files, point.p50_ms))
    for points in lines.values():
        points.sort()
    slowest = sorted(lines, key=lambda operation: lines[operation][-1], reverse=True)[:_NAMED_OPERATIONS]
    for operation, points in lines.items():
        sizes, medians = zip(*points, strict=True)
        if operation in slowest:
            axes.plot(sizes, medians, linewidth=1.5, label=operation, zorder=2)
        else:
            axes.plot(sizes, medians, linewidth=0.5, color=_COLORS["other"], zorder=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _label_plainly(axes.yaxis)
    axes.set_xlabel("files in the catalog")
    axes.set_ylabel("median of each listing, filter, sort and count, in milliseconds")
    axes.legend(fontsize=8)
    return bool(lines)


def _label_plainly(axis: "Axis") -> None:
    """Give a logarithmic axis plain numbers at 1, 2 and 5."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
