"""Values that readers trip over arrive as they were: NaN, negative zero, null lists of UDTs; `query` shows them so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.loads import Bench


def test_nan_and_null_lists_of_udts_are_loaded_counted_verified_and_queried(bench: Bench) -> None:
    session, keyspace = bench.session, bench.keyspace
    session.execute(f"CREATE TYPE {keyspace}.place (city text, zip int)")
    session.execute(
        f"CREATE TABLE {keyspace}.v (id int PRIMARY KEY, x double, l frozen<list<place>>, m map<text, frozen<place>>)"
    )
    session.execute(f"INSERT INTO {keyspace}.v (id, x) VALUES (1, NaN)")
    session.execute(f"INSERT INTO {keyspace}.v (id, x, l) VALUES (2, -0.0, [])")
    session.execute(f"INSERT INTO {keyspace}.v (id, x, m) VALUES (3, 0.0, {{'a': {{city: 'Köln'}}}})")
    ran = bench.cli("load", "run")
    assert ran.returncode == 0, ran.stderr
    assert "NAN" in ran.stdout
    (line,) = [line.split() for line in ran.stdout.splitlines() if line.split()[:2] == ["x", "x"]]
    assert line == ["x", "x", "double", "double", "0", "1", "-0.0", "0.0"]
    assert "equal, 3 rows" in bench.cli("load", "verify", "--rescan").stdout
    asked = bench.cli("query", "SELECT id, x, l, m FROM v ORDER BY id", "--output", "json")
    assert [json.loads(row) for row in asked.stdout.splitlines()] == [
        {"id": 1, "x": "NaN", "l": None, "m": None},
        {"id": 2, "x": -0.0, "l": [], "m": None},
        {"id": 3, "x": 0.0, "l": None, "m": {"a": {"city": "Köln", "zip": None}}},
    ]
    found = bench.cli("query", "SELECT id FROM v WHERE isnan(x)", "--output", "csv")
    assert found.stdout.split() == ["id", "1"]


def test_write_times_in_nanoseconds_are_refused_with_ways_out_and_loaded_as_numbers(bench: Bench) -> None:
    session, keyspace = bench.session, bench.keyspace
    nanoseconds = 1_700_000_000_123_456_789
    session.execute(f"CREATE TABLE {keyspace}.w (id int PRIMARY KEY, v text)")
    session.execute(f"INSERT INTO {keyspace}.w (id, v) VALUES (1, 'x') USING TIMESTAMP {nanoseconds}")
    bench.plan(table={"w": {"writetime": ["v"]}})
    (refused,) = bench.load()
    assert refused.error is not None
    assert '[table.w.types] v_writetime = "long"' in refused.error.hint
    bench.plan(table={"w": {"writetime": ["v"], "types": {"v_writetime": "long"}}})
    assert [one.error for one in bench.load()] == [None]
    assert bench.lake_rows("w") == {f"{{'id': 1, 'v': 'x', 'v_writetime': {nanoseconds}}}": 1}
    assert bench.cli("load", "verify", "--rescan").returncode == 0
