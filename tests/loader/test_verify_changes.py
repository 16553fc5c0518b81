"""What a load is compared with is its own plan: what the source has become since is said, and is no difference."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gluepot.loader.changes import changes
from gluepot.plan.table import Partitioning, PlannedColumn, PlannedTable

if TYPE_CHECKING:
    from tests.support.loads import Bench

A = PlannedColumn(name="a", type="int", role="partition_key", source="a", cql="int")
B = PlannedColumn(name="b", type="decimal(9, 2)", role="regular", source="b", cql="decimal")


def table(*columns: PlannedColumn, **more: object) -> PlannedTable:
    given = {"source": "t", "source_id": "1", "name": "t", "location": "s3://b/t", "columns": columns, **more}
    return PlannedTable(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (table(A, B), []),
        (table(A, B, rows=9, splits=3), []),
        (table(A), ["column b is not in the plan any more, and was loaded"]),
        (
            table(A, B, PlannedColumn(name="c", type="int", role="regular", source="c", cql="int")),
            ["column c is new since: it is not in this load"],
        ),
        (
            table(A, PlannedColumn(name="d", type="string", role="regular", source="b", cql="decimal", policy="null")),
            [
                "column b is called d now",
                "the type of column d is string now, and was decimal(9, 2)",
                "the policy of column d is null now, and was error",
            ],
        ),
        (table(A, B, source_id="2"), ["t was dropped and created again in the source since"]),
        (table(A, B, filter="a > 1", mode="append"), ["the filter is a > 1 now, and was none",
                                                      "the mode is append now, and was replace"]),
        (table(A, B, partition=(Partitioning(column="a", transform="identity"),)), ["the partitioning is another now"]),
    ],
)  # fmt: skip
def test_changes_of_a_plan_are_told_in_words(today: PlannedTable, told: list[str]) -> None:
    assert list(changes(table(A, B), today)) == told


def test_what_an_earlier_version_did_not_record_is_not_compared() -> None:
    assert list(changes(table(A, B, source_id=""), table(A, B, filter="a > 1"))) == []


def test_a_keyspace_that_has_changed_is_verified_table_by_table(bench: Bench) -> None:
    """A column added, one dropped, a table made anew, one never loaded: none of them stops the others, or is a bug."""
    keyspace, run = bench.keyspace, bench.session.execute
    for name in ("added", "dropped", "remade"):
        bench.fill(60, name)
    assert [one.error for one in bench.load()] == [None, None, None]
    run(f"ALTER TABLE {keyspace}.added ADD extra double")
    run(f"ALTER TABLE {keyspace}.dropped DROP c")
    run(f"DROP TABLE {keyspace}.remade")
    run(f"CREATE TABLE {keyspace}.remade (b int PRIMARY KEY, a int, c text)")
    bench.fill(5, "late")
    done = bench.cli("load", "verify", "--output", "json")
    assert done.returncode == 3, done.stderr
    told = {one["table"]: one for one in json.loads(done.stdout)["tables"]}
    assert {name: (one["is_equal"], one["found"]["rows"]) for name, one in told.items()} == {
        "added": (True, 60),
        "dropped": (True, 60),
        "late": (False, 0),
        "remade": (True, 60),
    }
    assert told["added"]["changes"] == ["column extra is new since: it is not in this load"]
    assert told["dropped"]["changes"] == ["column c is not in the plan any more, and was loaded"]
    assert told["remade"]["changes"][0] == "remade was dropped and created again in the source since"
    assert told["remade"]["ranges"] == 0
    assert "it was never loaded" in told["late"]["error"]["why"]
    again = bench.cli("load", "verify", "--rescan")
    assert again.returncode == 3, again.stderr
    assert "added: equal, 60 rows" in again.stdout
    assert "dropped: NOT COMPARED WITH THE SOURCE" in again.stdout
    assert "source: column c, loaded as a text, is not there any more" in again.stdout
    assert "late: NOT VERIFIED, there is no table" in again.stdout
    assert "remade: DIFFERS" in again.stdout
    assert "range" in again.stdout.partition("remade: DIFFERS")[2]
