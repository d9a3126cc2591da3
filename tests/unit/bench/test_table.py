"""The table: what a row is divided by, and whether its bound is reached."""

from datetime import UTC, datetime
from pathlib import Path

from bench.reporting.result_set import ResultSet, load, save
from bench.reporting.samples import Figure, Sample
from bench.reporting.statistics import Spread
from bench.reporting.table import outcomes, render
from bench.rows import ROWS, Row
from bench.works import every

RATIO = Row(title="metadata / the other", work="metadata", ours="ours", theirs=("absent", "other"), at_least=4)
VALUE = Row(title="memory", work="memory", ours="ours", at_most=100)
FREE = Row(title="uploads / the other", work="uploads", ours="ours", theirs=("other",))


def figure(side: str, work: str, *values: float, unit: str = "/s") -> Figure:
    return Figure(side=side, work=work, unit=unit, samples=[Sample(value=value) for value in values])


def result_set(*figures: Figure) -> ResultSet:
    return ResultSet(
        taken_at=datetime(2026, 11, 27, 9, 30, tzinfo=UTC),
        machine={"commit": "0123456789ab+"},
        conditions={"rounds": "3"},
        figures=list(figures),
        missing={"nginx/download": "It is not installed."},
    )


def test_a_ratio_is_taken_to_the_first_side_that_was_measured() -> None:
    results = result_set(figure("ours", "metadata", 900, 1000, 1100), figure("other", "metadata", 200, 200, 200))
    [found] = outcomes(results, [RATIO])
    assert found.value == Spread(median=5, least=4.5, greatest=5.5)
    assert found.is_reached is True


def test_a_bound_that_the_median_misses_is_not_reached() -> None:
    results = result_set(figure("ours", "metadata", 300, 300, 1100), figure("other", "metadata", 200, 200, 200))
    [found] = outcomes(results, [RATIO])
    assert found.is_reached is False
    assert "| NO |" in " ".join(render([found]).split())


def test_a_value_is_held_against_its_own_bound() -> None:
    results = result_set(figure("ours", "memory", 99, unit="MiB"))
    [found] = outcomes(results, [VALUE])
    assert found.is_reached is True
    [heavy] = outcomes(result_set(figure("ours", "memory", 101, unit="MiB")), [VALUE])
    assert heavy.is_reached is False


def test_a_row_without_a_bound_is_neither_reached_nor_missed() -> None:
    results = result_set(figure("ours", "uploads", 10), figure("other", "uploads", 20))
    [found] = outcomes(results, [FREE])
    assert found.value == Spread(median=0.5, least=0.5, greatest=0.5)
    assert found.is_reached is None


def test_what_was_not_measured_is_not_in_the_table() -> None:
    found = outcomes(result_set(figure("ours", "metadata", 10)), [RATIO, VALUE])
    assert [each.is_reached for each in found] == [None, None]
    assert len(render(found).splitlines()) == 2


def test_the_table_names_figures_ratio_range_and_bound() -> None:
    results = result_set(figure("ours", "metadata", 900, 1000, 1100), figure("other", "metadata", 200, 200, 200))
    line = render(outcomes(results, [RATIO])).splitlines()[-1]
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "metadata / the other",
        "1,000/s",
        "200/s",
        "5.00",
        "4.5 - 5.5",
        "",
        ">= 4.00",
        "yes",
    ]


def test_processor_times_are_compared_where_both_are_known() -> None:
    ours = Figure(side="ours", work="metadata", unit="/s", samples=[Sample(value=10, processor=0.001)])
    theirs = Figure(side="other", work="metadata", unit="/s", samples=[Sample(value=10, processor=0.004)])
    [found] = outcomes(result_set(ours, theirs), [RATIO])
    assert found.processor == Spread(median=4, least=4, greatest=4)
    [unknown] = outcomes(result_set(ours, figure("other", "metadata", 10)), [RATIO])
    assert unknown.processor is None


def test_results_survive_their_file(tmp_path: Path) -> None:
    results = result_set(figure("ours", "metadata", 900, 1000, 1100))
    path = save(results, tmp_path / "results")
    assert path.name == "2026-11-27-0930-0123456789ab.json"
    assert load(path) == results


def test_every_row_compares_what_some_work_measures() -> None:
    sides = {work.name: work.sides for work in every.WORKS}
    for row in ROWS:
        assert row.ours in sides[row.work], row.title
        assert set(row.theirs) <= set(sides[row.their_work or row.work]), row.title
