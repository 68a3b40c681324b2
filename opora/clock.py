"""The only place where Opora looks at the wall clock. Doors ask it; below them time is an argument."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day that people in `zone` are living at `moment`."""
    return moment.astimezone(zone).date()
