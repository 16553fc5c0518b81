"""Times of any year as ISO 8601 text, as Java's Instant writes them: years outside 0 to 9999 have a sign.

Cassandra's timestamps reach from year -292275055 to 292278994, its dates further: no datetime class holds these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gluepot.lake.kernels.arrays import Column

DAY_MS: Final = 86_400_000
FIRST_DAY: Final = -719_162
"""0001-01-01, the first day that Athena and Python know, in days since 1970-01-01."""
LAST_DAY: Final = 2_932_896
"""9999-12-31."""
FIRST_MS: Final = FIRST_DAY * DAY_MS
LAST_MS: Final = (LAST_DAY + 1) * DAY_MS - 1

_ERA_DAYS: Final = 146_097
_SHIFT: Final = 719_468
"""Days from 0000-03-01 to 1970-01-01."""
_FOUR_DIGITS: Final = 9999


def day_text(day: int) -> str:
    """Write a day, counted from 1970-01-01, as `YYYY-MM-DD` of the proleptic Gregorian calendar.

    The sums are of http://howardhinnant.github.io/date_algorithms.html#civil_from_days.
    """
    era, of_era = divmod(day + _SHIFT, _ERA_DAYS)
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march = (5 * of_year + 2) // 153
    month = march + 3 if march < 10 else march - 9  # noqa: PLR2004 - the algorithm's year begins in March
    year = year_of_era + era * 400 + (month <= 2)  # noqa: PLR2004 - likewise
    shown = f"{year:04d}" if 0 <= year <= _FOUR_DIGITS else f"{year:+05d}"
    return f"{shown}-{month:02d}-{of_year - (153 * march + 2) // 5 + 1:02d}"


def ms_text(milliseconds: int) -> str:
    """Write milliseconds since 1970 as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    day, rest = divmod(milliseconds, DAY_MS)
    minutes, rest = divmod(rest, 60_000)
    return f"{day_text(day)}T{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}Z"


def us_text(microseconds: int) -> str:
    """Write microseconds since 1970 as `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    milliseconds, rest = divmod(microseconds, 1000)
    return f"{ms_text(milliseconds)[:-1]}{rest:03d}Z"


def ms_texts(values: NDArray[np.int64], nulls: NDArray[np.bool_]) -> Column:
    """Write many timestamps."""
    usual = (values >= FIRST_MS) & (values <= LAST_MS)
    texts = np.datetime_as_string(np.where(usual, values, 0).astype("datetime64[ms]"), unit="ms").astype(object) + "Z"
    for index in np.flatnonzero(~usual & ~nulls):
        texts[index] = ms_text(int(values[index]))
    return pa.array(texts, pa.string(), mask=nulls)


def day_texts(values: NDArray[np.int32], nulls: NDArray[np.bool_]) -> Column:
    """Write many days."""
    usual = (values >= FIRST_DAY) & (values <= LAST_DAY)
    texts = np.datetime_as_string(np.where(usual, values, 0).astype("datetime64[D]"), unit="D").astype(object)
    for index in np.flatnonzero(~usual & ~nulls):
        texts[index] = day_text(int(values[index]))
    return pa.array(texts, pa.string(), mask=nulls)
