"""Schedules of crawlers: what AWS takes, and how often they fire.

https://docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html: six fields in UTC, one of day and
weekday is `?`, and no more often than every five minutes.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

FIELDS: Final = (
    ("minutes", 0, 59),
    ("hours", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 1, 7),
    ("year", 1970, 2199),
)
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
SOONEST: Final = 5
"""Minutes between two runs at least."""

DAYS: Final = 30
_DAY, _MONTH, _WEEKDAY = 2, 3, 4
_MINUTES_OF_DAY: Final = 1440
_SPECIAL: Final = re.compile(r"(\d+W|L|LW|\d+L|\d#\d)")


def problem(expression: str) -> str:
    """Say what is wrong with a schedule; empty for nothing."""
    found = re.fullmatch(r"cron\((.*)\)", expression.strip())
    if not found:
        return f"must be cron(...), not {expression!r}"
    fields = found[1].split()
    if len(fields) != len(FIELDS):
        return f"has {len(fields)} fields in place of 6"
    if (fields[_DAY] == "?") == (fields[_WEEKDAY] == "?"):
        return "needs a '?' for either the day of month or the day of week"
    for (name, low, high), field in zip(FIELDS, fields, strict=True):
        try:
            _values(field, low, high)
        except ValueError:
            return f"the {name} cannot be {field!r}"
    if _gap(fields) < SOONEST:
        return f"fires more often than every {SOONEST} minutes"
    return ""


def runs_a_month(expression: str, begin: dt.date) -> int:
    """Count how often a schedule fires in the 30 days from a day on; days as `L` and `15W` count as one a month."""
    fields = expression.strip().removeprefix("cron(").removesuffix(")").split()
    minutes, hours, days, months, weekdays, years = (
        _values(field, low, high) for field, (_, low, high) in zip(fields, FIELDS, strict=True)
    )
    if days is None or weekdays is None:
        return len(minutes or ()) * len(hours or ())
    count = 0
    for day in (begin + dt.timedelta(number) for number in range(DAYS)):
        on = day.month in (months or ()) and day.year in (years or ()) and day.day in days
        if on and day.isoweekday() % 7 + 1 in weekdays:
            count += len(minutes or ()) * len(hours or ())
    return count


def _gap(fields: list[str]) -> int:
    """Tell the least number of minutes between two runs of a day that is followed by another."""
    minutes = sorted(_values(fields[0], 0, 59) or ())
    hours = sorted(_values(fields[1], 0, 23) or ())
    times = [hour * 60 + minute for hour in hours for minute in minutes]
    later = [*times[1:], times[0] + _MINUTES_OF_DAY]
    return min(after - before for before, after in zip(times, later, strict=True))


def _values(field: str, low: int, high: int) -> set[int] | None:
    """Read one field into the values it takes; None for a day that hangs on the month.

    Raises:
        ValueError: It cannot be read.
    """
    if _SPECIAL.fullmatch(field) and high in {31, 7}:
        return None
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        begin, dash, end = span.partition("-")
        if span in {"*", "?"}:
            first, last = low, high
        else:
            first = _number(begin, high)
            last = _number(end, high) if dash else high if step else first
        if not low <= first <= last <= high or (step and int(step) < 1):
            raise ValueError(part)
        found.update(range(first, last + 1, int(step) if step else 1))
    return found


def _number(text: str, high: int) -> int:
    names = {12: MONTHS, 7: WEEKDAYS}.get(high, ())
    return names.index(text.upper()) + 1 if text.upper() in names else int(text)
