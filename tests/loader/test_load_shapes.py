"""Rare tables, all the way into the lake: an empty partition key, COMPACT STORAGE, vectors of user-defined types."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gluepot.loader.jobs import verify_load

if TYPE_CHECKING:
    from tests.support.loads import Bench

STATEMENTS = (
    "CREATE TABLE {0}.base (a int, k text, v text, PRIMARY KEY (a))",
    """CREATE MATERIALIZED VIEW {0}.by_key AS SELECT * FROM {0}.base WHERE k IS NOT NULL AND a IS NOT NULL
       PRIMARY KEY (k, a)""",
    "CREATE TABLE {0}.old (a int PRIMARY KEY, v text) WITH COMPACT STORAGE",
    "INSERT INTO {0}.old (a, v) VALUES (1, 'x')",
    "CREATE TYPE {0}.pair (x int, y text)",
    "CREATE TABLE {0}.vectors (a int PRIMARY KEY, v vector<frozen<pair>, 2>)",
    "INSERT INTO {0}.vectors (a, v) VALUES (1, [{{x: 1, y: 'a'}}, {{x: 2, y: null}}])",
)


def test_rows_of_rare_tables_arrive_and_are_proven_range_by_range(bench: Bench) -> None:
    """Pages end behind an empty key, and its token is no hash: 3,818 of 4,000 rows arrived, and none was missed."""
    for statement in STATEMENTS:
        bench.session.execute(statement.format(bench.keyspace))
    expected: Counter[str] = Counter()
    for number in range(700):
        row = {"k": "" if number % 10 else f"key {number}", "a": number, "v": f"v{number}"}
        bench.session.execute(f"INSERT INTO {bench.keyspace}.base (a, k, v) VALUES (%(a)s, %(k)s, %(v)s)", row)
        expected[str(row)] += 1
    bench.plan(tables={"include": ["by_key", "old", "vectors"]})
    assert [done.error for done in bench.load(range_bytes=5_000)] == [None, None, None]
    assert bench.lake_rows("by_key") == expected
    assert bench.lake_rows("old") == Counter([str({"a": 1, "v": "x"})])
    assert bench.lake_rows("vectors") == Counter([str({"a": 1, "v": [{"x": 1, "y": "a"}, {"x": 2, "y": None}]})])
    proven = verify_load(bench.file(), rescan=True)
    assert [(one.is_equal, one.ranges > 0) for one in proven] == [(True, True)] * 3
