"""Null lists and maps of structs are null where gluepot reads a loaded table: pyiceberg's own scan empties them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tests.support import lakes
from tests.support.lakes import DATABASE, load, planned

from gluepot.lake.checksum import checksum
from gluepot.lake.proof import readback
from gluepot.lake.read import exact
from gluepot.lake.read.snapshots import Catalog
from gluepot.sql import query

if TYPE_CHECKING:
    from tests.support.lakes import World

    from gluepot.plan.table import PlannedTable

PLACE = "struct<city: string, zip: int>"
HERE = {"city": "Köln", "zip": 50667}
NONE = {"city": None, "zip": None}
COLUMNS = (
    ("id", "long"),
    ("l", f"list<{PLACE}>"),
    ("m", f"map<string, {PLACE}>"),
    ("ll", f"list<list<{PLACE}>>"),
    ("s", f"struct<l: list<{PLACE}>, m: map<{PLACE}, string>>"),
)
ROWS: list[tuple[Any, ...]] = [
    (0, None, None, None, None),
    (4, [], [], [], {"l": None, "m": None}),
    (8, [None, HERE], [("a", None), ("b", HERE)], [None, [], [None, HERE]], {"l": [], "m": []}),
    (12, [NONE], [("c", NONE)], [[HERE], [HERE, NONE]], {"l": [HERE, None], "m": [(HERE, "x")]}),
    (16, None, [("d", HERE)], None, {"l": None, "m": [(HERE, None)]}),
]


def read(world: World, table: PlannedTable) -> pa.Table:
    """Read a table as `load verify` does."""
    return pa.Table.from_batches(list(readback.batches(world.lake, table))).sort_by("id")


@pytest.mark.parametrize("kind", sorted(lakes.KINDS))
def test_verify_reads_what_was_loaded(world: World, kind: str) -> None:
    table = planned(COLUMNS, **lakes.KINDS[kind])
    load(world.lake, table, "one", ROWS)
    found = read(world, table)
    assert found.to_pylist() == [dict(zip([name for name, _ in COLUMNS], row, strict=True)) for row in ROWS]
    loaded = lakes.batch(table, ROWS)
    assert checksum.total(checksum.row_hashes(found)) == checksum.total(checksum.row_hashes(loaded))


def test_fields_inside_of_lists_are_found_by_their_ids(world: World) -> None:
    """A renamed field keeps its values, an added one is null, at any depth."""
    table = planned(COLUMNS)
    load(world.lake, table, "one", ROWS)
    found = world.lake.catalog.table(table.name)
    assert found is not None
    inner = {"l": ("l", "element"), "m": ("m", "value"), "ll": ("ll", "element", "element"), "s": ("s", "l", "element")}
    with found.update_schema() as update:
        from pyiceberg.types import LongType, StringType

        for path in inner.values():
            update.rename_column((*path, "city"), "town")
            update.update_column((*path, "zip"), LongType())
            update.add_column((*path, "state"), StringType())
    answer = query.answer(
        f'SELECT l, m, ll, s FROM "{table.name}" ORDER BY id', Catalog.of(world.lake.account), DATABASE
    )
    there = {"town": "Köln", "zip": 50667, "state": None}
    nothing = dict.fromkeys(there)
    assert answer.column("l").to_pylist() == [None, [], [None, there], [nothing], None]
    assert answer.column("m").to_pylist() == [
        None, [], [("a", None), ("b", there)], [("c", nothing)], [("d", there)],
    ]  # fmt: skip
    assert answer.column("ll").to_pylist() == [None, [], [None, [], [None, there]], [[there], [there, nothing]], None]
    assert [one and one["l"] for one in answer.column("s").to_pylist()] == [None, None, [], [there, None], None]


def test_slices_and_lists_of_one_size_keep_their_places() -> None:
    kind: Any = pa.list_(pa.struct([("a", pa.int32())]), 2)
    values = [[{"a": 1}, None], None, [{"a": 2}, {"a": 3}], [None, None]]
    fixed: Any = pa.array(values, kind)
    usual: Any = pa.array(values, pa.list_(kind.value_type))
    for array in (fixed, fixed.slice(1, 2), usual.slice(1, 3)):
        made: Any = pa.ListArray.from_arrays(exact._offsets(array), array.values, mask=array.is_null())
        made.validate(full=True)
        assert made.to_pylist() == array.to_pylist()
