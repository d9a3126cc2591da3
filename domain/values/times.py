"""Times: aware, and in UTC."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from domain.values.errors import InvalidTimeError

UtcTime = Annotated[datetime, Meta(description="In UTC.", extra_json_schema={"format": "date-time"})]


def in_utc(time: datetime) -> datetime:
    """Return the same moment in UTC. Raises `InvalidTimeError` where it has no offset, or leaves the calendar."""
    if time.tzinfo is None:
        raise InvalidTimeError("The time has no offset from UTC: end it with Z, or with one like +02:00.")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise InvalidTimeError("The time is outside of the years 1 to 9999.") from None
