"""Looking into decoded JSON whose parts may be missing, null or of a wrong type, without ever failing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Record = dict[str, object]


def text_at(record: Mapping[str, object], key: str) -> str:
    """Return the text under `key`, or "" where there is none."""
    value = record.get(key)
    return value if isinstance(value, str) else ""


def record_at(record: Mapping[str, object], key: str) -> Record:
    """Return the JSON object under `key`, or an empty one where there is none."""
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def list_at(record: Mapping[str, object], key: str) -> list[object]:
    """Return the JSON array under `key`, or an empty one where there is none."""
    value = record.get(key)
    return value if isinstance(value, list) else []


def flag_at(record: Mapping[str, object], key: str) -> bool:
    """Tell whether the value under `key` is true: as a JSON boolean, or in words of any case."""
    value = record.get(key)
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")
