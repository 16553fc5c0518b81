"""Tables of shapes that are rare: COMPACT STORAGE, and vectors of user-defined types."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import pytest
from cassandra.protocol import ResultMessage

from gluepot.cassandra import scan, schema
from gluepot.cassandra.frames import Handler, given
from gluepot.errors import SourceError

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Table

COMPACT: dict[str, tuple[str, str, dict[str, Any]]] = {
    "static_compact": (
        "(a int PRIMARY KEY, v text, w int)",
        "(a, v, w) VALUES (1, 'x', 2)",
        {"a": 1, "v": "x", "w": 2},
    ),
    "dense": ("(a int, b int, PRIMARY KEY (a, b))", "(a, b) VALUES (1, 2)", {"a": 1, "b": 2}),
    "dense_and_compound": (
        "(a int, b int, c int, v text, PRIMARY KEY (a, b, c))",
        "(a, b, c, v) VALUES (1, 2, 3, 'v')",
        {"a": 1, "b": 2, "c": 3, "v": "v"},
    ),
    "counting": ("(a int PRIMARY KEY, n counter)", "", {"a": 1, "n": 5}),
}


def compact(session: Any, keyspace: str, shape: str) -> Table:
    columns, values, _ = COMPACT[shape]
    session.execute(f"CREATE TABLE {keyspace}.{shape} {columns} WITH COMPACT STORAGE")
    if values:
        session.execute(f"INSERT INTO {keyspace}.{shape} {values}")
    else:
        session.execute(f"UPDATE {keyspace}.{shape} SET n = n + 5 WHERE a = 1")
    return schema.table(session, keyspace, shape)


@pytest.mark.parametrize("shape", COMPACT)
def test_tables_of_compact_storage_have_the_columns_that_cql_shows(session: Any, keyspace: str, shape: str) -> None:
    """What the server keeps beside them (`column1`, `value`) cannot be selected; static ones are regular."""
    table = compact(session, keyspace, shape)
    row = COMPACT[shape][2]
    assert [column.name for column in table.columns] == list(row)
    assert not table.of_kind("static")
    assert scan(session, f"{keyspace}.{shape}").read_all().to_pylist() == [row]


def test_a_static_compact_table_has_writetimes(session: Any, keyspace: str) -> None:
    compact(session, keyspace, "static_compact")
    (row,) = scan(session, f"{keyspace}.static_compact", columns=["a"], writetime=["v"]).read_all().to_pylist()
    assert row["writetime(v)"] > 0


def test_statics_of_other_tables_stay_static(session: Any, keyspace: str) -> None:
    session.execute(f"CREATE TABLE {keyspace}.t (a int, b int, s text STATIC, PRIMARY KEY (a, b))")
    assert [column.name for column in schema.table(session, keyspace, "t").of_kind("static")] == ["s"]


def test_vectors_of_user_defined_types_are_read_at_any_depth(session: Any, keyspace: str) -> None:
    """The driver's reader of types fails at this one's name, and ended the connection that others were waiting on."""
    session.execute(f"CREATE TYPE {keyspace}.pair (x int, y text)")
    session.execute(
        f"CREATE TABLE {keyspace}.t (a int PRIMARY KEY, v vector<frozen<pair>, 2>, "
        "w list<frozen<vector<frozen<pair>, 2>>>, m map<text, frozen<vector<frozen<map<text, frozen<pair>>>, 1>>>)"
    )
    pairs = "[{x: 1, y: 'a'}, {x: 2, y: null}]"
    session.execute(
        f"INSERT INTO {keyspace}.t (a, v, w, m) VALUES (1, {pairs}, [{pairs}], {{'k': [{{'q': {{x: 5, y: 'z'}}}}]}})"
    )
    read = [{"x": 1, "y": "a"}, {"x": 2, "y": None}]
    found = scan(session, f"{keyspace}.t").read_all().to_pylist()
    assert found == [{"a": 1, "v": read, "w": [read], "m": [("k", [[("q", {"x": 5, "y": "z"})]])]}]


def test_a_type_that_nobody_knows_costs_its_own_query_and_not_the_connection() -> None:
    """What the driver's decoder raises ends a connection, and with it the requests of other tables."""
    named = b"\0\1k\0\1t\0\1c"
    body = struct.pack(">iii", 2, 1, 1) + named + struct.pack(">h", 0x42)
    result = Handler.message_types_by_opcode[ResultMessage.opcode].recv_body(io.BytesIO(body), 4, {}, None, None)
    with pytest.raises(SourceError, match="code 0x0042"):
        given([], result.parsed_rows)
