"""Times in headers (RFC 9110, section 5.6.7)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http.headers.dates import http_date, parse_http_date, past_http_date

EXAMPLE = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        " Sun, 06 Nov 1994 08:49:37 GMT ",
    ],
)
def test_all_three_formats_are_understood(value: str) -> None:
    assert parse_http_date(value, this_year=2026) == EXAMPLE


@pytest.mark.parametrize(
    ("digits", "year"), [("26", 2026), ("76", 2076), ("77", 1977), ("94", 1994), ("99", 1999), ("00", 2000)]
)
def test_two_digits_more_than_50_years_ahead_are_the_past(digits: str, year: int) -> None:
    date = parse_http_date(f"Monday, 01-Jun-{digits} 00:00:00 GMT", this_year=2026)
    assert date == datetime(year, 6, 1, tzinfo=UTC)


def test_two_digits_are_a_year_of_now_where_nothing_else_is_said() -> None:
    year = datetime.now(UTC).year
    assert parse_http_date(f"Monday, 01-Jun-{year % 100:02} 00:00:00 GMT") == datetime(year, 6, 1, tzinfo=UTC)


def test_a_leap_second_is_a_second() -> None:
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "now",
        "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun Nov 006 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    ],
)
def test_a_malformed_date_is_none(value: str) -> None:
    assert parse_http_date(value) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_date_that_was_written_is_read_back(time: datetime) -> None:
    assert parse_http_date(http_date(time)) == time.replace(microsecond=0)


def test_a_time_in_the_future_is_now() -> None:
    now = datetime.now(UTC)
    shown = parse_http_date(past_http_date(now + timedelta(days=1)))
    assert shown is not None
    assert now.replace(microsecond=0) <= shown <= datetime.now(UTC)
    assert past_http_date(EXAMPLE) == http_date(EXAMPLE)
