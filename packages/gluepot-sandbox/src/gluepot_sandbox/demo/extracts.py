"""Read extract files as anybody would: the manifest says which, `csv` reads the rows."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from gluepot.collector.extract.manifest import PUSHED

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.collector.extract.manifest import Manifest

Row = dict[str, str]


def rows_of(output: Path, manifest: Manifest, family: str) -> list[Row]:
    """Read a run's rows of one family; none where it has no such file.

    Args:
        output: The configuration's `output_path`.
        manifest: The run's.
        family: METADATA, LINKAGES or EVENTS.
    """
    rows: list[Row] = []
    for entry in manifest.files:
        if entry.family == family:
            with find(output, entry.name).open(encoding="utf-8", newline="") as file:
                rows += csv.DictReader(file, delimiter="|")
    return rows


def find(output: Path, name: str) -> Path:
    """Find a run's file: in the folder, or in `pushed/` once it is at the landing."""
    here = output / name
    return here if here.is_file() else output / PUSHED / name


def attributes(row: Row) -> dict[str, Any]:
    """Read a row's ATTRIBUTES."""
    found: dict[str, Any] = json.loads(row["ATTRIBUTES"])
    return found


def of_type(rows: list[Row], *types: str) -> list[Row]:
    """Keep the rows with one of the object types."""
    return [row for row in rows if row["OBJECT_TYPE"] in types]


def short(object_id: str) -> str:
    """Write an ARN of Glue as what tells its objects apart: `database/table#column`."""
    return object_id.partition(":table/")[2] or object_id.partition(":database/")[2] or object_id
