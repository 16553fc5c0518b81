"""Text as files can hold it: instants, and what is not Unicode."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from gluepot.glue.shapes import Json

YEAR_1, YEAR_10000 = -62135596800, 253402300800
"""The seconds since the epoch between which an instant can be written with a year of four digits."""


def encodable(record: Json) -> tuple[Json, list[str]]:
    r"""Write lone surrogates out as `\udXXX`: no file could hold them, and leaving them out would merge names."""
    try:
        msgspec.json.encode(record)
    except UnicodeEncodeError:
        return _escaped(record), ["text that is not Unicode (lone surrogates) is written as \\udXXX"]
    return record, []


def _escaped(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    return value


def utc(seconds: object) -> str:
    """Write an instant (seconds since the epoch, as Glue's JSON has it) as `YYYY-MM-DD HH:MM:SS` UTC.

    Empty where there is none; what is no number, or beyond the years 1 to 9999, stands in ATTRIBUTES.
    """
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return ""
    return _utc(int(seconds)) if YEAR_1 <= seconds < YEAR_10000 else ""


@lru_cache(maxsize=4096)
def _utc(seconds: int) -> str:
    moment = time.gmtime(seconds)
    return f"{moment[0]:04d}-{moment[1]:02d}-{moment[2]:02d} {moment[3]:02d}:{moment[4]:02d}:{moment[5]:02d}"
