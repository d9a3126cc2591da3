"""Times in headers (RFC 9110, section 5.6.7)."""

import re
import time
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache

_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_DAY = f"(?:{'|'.join(_DAYS)})"
_WHOLE_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_FORMATS = (
    re.compile(rf"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(rf"{_WHOLE_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    re.compile(rf"{_DAY} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)


def http_date(moment: datetime) -> str:
    """Return a time in UTC as headers carry it."""
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02} {_MONTHS[moment.month - 1]} {moment.year:04} "
        f"{moment.hour:02}:{moment.minute:02}:{moment.second:02} GMT"
    )


def past_http_date(moment: datetime) -> str:
    """Return a time as `Last-Modified` carries it: never later than the response's own `Date` (section 8.8.2.1)."""
    return http_date(min(moment, datetime.now(UTC)))


def http_date_now() -> bytes:
    """Return the time as `Date` carries it."""
    return _http_date_at(int(time.time()))


@lru_cache(maxsize=1)
def _http_date_at(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


def parse_http_date(value: str, *, this_year: int | None = None) -> datetime | None:
    """Return the time that a header carries, in the preferred format or one of the obsolete ones.

    None where it is none of them, or no such day or time exists. The name of the weekday is not compared. A year of
    two digits is the last one that ends so and is at most 50 after `this_year`.
    """
    match = next((match for each in _FORMATS if (match := each.fullmatch(value.strip(" \t")))), None)
    if match is None:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        year = _whole_year(year, datetime.now(UTC).year if this_year is None else this_year)
    month = _MONTHS.index(match["month"]) + 1
    # A leap second is taken for the one before it.
    second = 59 if match["second"] == "60" else int(match["second"])
    try:
        return datetime(year, month, int(match["day"]), int(match["hour"]), int(match["minute"]), second, tzinfo=UTC)
    except ValueError:
        return None


def _whole_year(two_digits: int, this_year: int) -> int:
    # More than 50 years ahead stands for the past.
    return this_year + 50 - (this_year + 50 - two_digits) % 100
