"""What a cell of a table may hold before anybody has judged it."""

from datetime import date, datetime, time, timedelta
from typing import TypeAlias

RawCell: TypeAlias = str | int | float | bool | date | datetime | time | timedelta
"""CSV gives texts only; a workbook gives numbers as floats and dates as dates."""
