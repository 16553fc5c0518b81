"""Maps of any keys are shown by `query`; one that DuckDB cannot hold is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.lakes import DATABASE, load, planned

from gluepot.cli.query import rows
from gluepot.errors import ConfigError
from gluepot.lake.read.snapshots import Catalog
from gluepot.sql.query import answer, running

if TYPE_CHECKING:
    from tests.support.lakes import World

DAY, MOMENT = 18_262, 1_577_836_800_000_000
KEYS: list[tuple[str, Any, Any]] = [
    ("date", DAY, "2020-01-01"),
    ("timestamp", MOMENT, "2020-01-01T00:00:00"),
    ("timestamptz", MOMENT, "2020-01-01T00:00:00Z"),
    ("string", "a", "a"),
    ("binary", b"\1", "0x01"),
    ("boolean", True, True),
    ("long", 7, 7),
    ("double", 1.5, 1.5),
    ("decimal(4, 2)", 1, "1.00"),
]


@pytest.mark.parametrize("format", ["iceberg", "parquet"])
def test_maps_of_every_key_are_printed(
    world: World,
    capsys: pytest.CaptureFixture[str],
    format: str,  # noqa: A002 - as plans call it
) -> None:
    """At the top and in lists of structs, where times are keys and where they are values."""
    columns = [("id", "long")]
    for at, (kind, _, _) in enumerate(KEYS):
        columns += [(f"m{at}", f"map<{kind}, {kind}>"), (f"l{at}", f"list<struct<m: map<{kind}, {kind}>>>")]
    table = planned(columns, format=format)
    row: list[Any] = [4]
    for _, value, _ in KEYS:
        row += [[(value, value)], [{"m": [(value, None)]}, None]]
    load(world.lake, table, "one", [[0, *[None] * (len(columns) - 1)], row])
    with running(f'FROM "{table.name}" ORDER BY id', Catalog.of(world.lake.account), DATABASE) as found:
        rows.as_json(found, 0)
    nothing, printed = map(json.loads, capsys.readouterr().out.splitlines())
    assert set(nothing.values()) == {0, None}
    for at, (kind, _, shown) in enumerate(KEYS):
        is_text = kind == "string"
        assert printed[f"m{at}"] == ({shown: shown} if is_text else [[shown, shown]])
        assert printed[f"l{at}"] == [{"m": {shown: None} if is_text else [[shown, None]]}, None]


def test_a_map_with_two_zeros_as_keys_is_named(world: World) -> None:
    table = planned((("id", "long"), ("prices", "map<double, string>"), ("names", "map<string, string>")))
    load(world.lake, table, "one", [(1, [(-0.0, "a"), (0.0, "b")], [("x", "y")])])
    catalog = Catalog.of(world.lake.account)
    with pytest.raises(ConfigError) as refused:
        answer(f'FROM "{table.name}"', catalog, DATABASE)
    assert refused.value.what == f"a map in {DATABASE}.{table.name}.prices has a key twice"
    assert "-0.0 and 0.0" in refused.value.why
    assert answer(f'SELECT id, names FROM "{table.name}"', catalog, DATABASE).num_rows == 1
