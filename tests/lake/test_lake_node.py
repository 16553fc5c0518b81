"""What a real Cassandra gives, converted: its own tokens, its static rows, its times to live."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.lakedata import planned

from gluepot.cassandra import schema
from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, Range
from gluepot.cassandra.reader import Reader
from gluepot.cassandra.reading import Page
from gluepot.errors import FidelityError
from gluepot.lake.checksum.tokens import tokens
from gluepot.lake.convert import fidelity
from gluepot.lake.convert.convert import Converter
from gluepot.plan.table import PlannedColumn

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Table
    from gluepot.plan.table import PlannedTable

RING = Range(MIN_TOKEN, MAX_TOKEN)

KEYS: dict[str, list[Any]] = {
    "text": ["é", "", "a" * 40],
    "int": [-1, 0, 2**31 - 1],
    "tinyint": [-128, 127],
    "smallint": [-2, 300],
    "bigint": [-(2**63), 5],
    "uuid": [uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)],
    "timeuuid": [uuid.uuid1()],
    "boolean": [True, False],
    "timestamp": [dt.datetime(1, 1, 2, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=dt.UTC)],
    "date": [dt.date(1, 1, 1), dt.date(9999, 12, 31)],
    "time": [dt.time(23, 59, 59, 999999)],
    "inet": ["127.0.0.1", "2001:db8::ff"],
    "blob": [b"\x80\xff", b"x" * 33],
    "varint": [0, -128, 128, 10**38 - 1, -(10**38) + 1],
    "double": [1.5, -0.0],
    "float": [0.25],
}


def read(session: Any, plan: PlannedTable, source: Table) -> tuple[list[dict[str, Any]], Converter, list[int] | None]:
    """Scan and convert a whole table; give its rows, the converter, and tokens found again."""
    converter = Converter(plan, source)
    rows: list[dict[str, Any]] = []
    found: list[int] | None = []
    for item in Reader(session, converter.selection).read(RING):
        if isinstance(item, Page):
            batch = converter.convert(item)
            rows += batch.to_pylist()
            made = tokens(batch, plan, source)
            found = None if made is None or found is None else found + made.tolist()
    return rows, converter, found


def values(kind: str) -> list[Any]:
    return [value for value in KEYS[kind] if value != "" or kind != "text"]


def test_tokens_of_keys_of_every_type_are_the_nodes(session: Any, keyspace: str) -> None:
    for kind in KEYS:
        session.execute(f"CREATE TABLE {keyspace}.of_{kind} (k {kind} PRIMARY KEY)")
        write = session.prepare(f"INSERT INTO {keyspace}.of_{kind} (k) VALUES (?)")
        for value in values(kind):
            session.execute(write, [value])
        source = schema.table(session, keyspace, f"of_{kind}")
        expected = [row[0] for row in session.execute(f"SELECT token(k) FROM {keyspace}.of_{kind}")]
        assert len(expected) == len(values(kind))
        assert sorted(read(session, planned(source), source)[2] or []) == sorted(expected), kind


def test_tokens_of_composite_keys_are_the_nodes(session: Any, keyspace: str) -> None:
    names = [f"k_{kind}" for kind in KEYS]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, KEYS, strict=True))
    joined = ", ".join(names)
    session.execute(f"CREATE TABLE {keyspace}.wide_key ({columns}, c int, PRIMARY KEY (({joined}), c))")
    write = session.prepare(f"INSERT INTO {keyspace}.wide_key ({joined}, c) VALUES ({', '.join('?' * len(names))}, 1)")
    for place in range(5):
        session.execute(write, [found[place % len(found)] for found in KEYS.values()])
    source = schema.table(session, keyspace, "wide_key")
    expected = [row[0] for row in session.execute(f"SELECT token({joined}) FROM {keyspace}.wide_key")]
    assert len(expected) == 5
    assert sorted(read(session, planned(source), source)[2] or []) == sorted(expected)


def test_partitions_with_static_columns_only_are_in_the_row_or_in_a_table_of_their_own(
    session: Any, keyspace: str
) -> None:
    session.execute(f"CREATE TABLE {keyspace}.t (k int, c int, s text static, v text, PRIMARY KEY (k, c))")
    session.execute(f"INSERT INTO {keyspace}.t (k, c, s, v) VALUES (1, 1, 'one', 'x')")
    session.execute(f"INSERT INTO {keyspace}.t (k, c) VALUES (1, 2)")
    session.execute(f"INSERT INTO {keyspace}.t (k, s) VALUES (2, 'two')")
    session.execute(f"INSERT INTO {keyspace}.t (k, c, v) VALUES (3, 1, 'y')")
    source = schema.table(session, keyspace, "t")
    whole = planned(source)
    together, _, _ = read(session, whole, source)
    assert {(row["k"], row["c"], row["s"]) for row in together} == {
        (1, 1, "one"), (1, 2, "one"), (2, None, "two"), (3, 1, None),
    }  # fmt: skip
    of_rows = planned(source, columns=tuple(one for one in whole.columns if one.role != "static"))
    rows, _, _ = read(session, of_rows, source)
    assert {(row["k"], row["c"], row["v"]) for row in rows} == {(1, 1, "x"), (1, 2, None), (3, 1, "y")}
    statics = tuple(one for one in whole.columns if one.role in {"partition_key", "static"})
    partitions, converter, found = read(session, planned(source, columns=statics, part="static"), source)
    assert {(row["k"], row["s"]) for row in partitions} == {(1, "one"), (2, "two")}
    assert len(partitions) == len(found or []) == 2
    assert converter.read - converter.static_only == 2


def test_writetimes_and_expiry_are_those_that_were_written(session: Any, keyspace: str) -> None:
    session.execute(f"CREATE TABLE {keyspace}.t (k int PRIMARY KEY, v text, w text)")
    session.execute(f"INSERT INTO {keyspace}.t (k, v, w) VALUES (1, 'a', 'b') USING TTL 1000 AND TIMESTAMP 1500000")
    session.execute(f"INSERT INTO {keyspace}.t (k, v) VALUES (2, 'a')")
    source = schema.table(session, keyspace, "t")
    more = (
        PlannedColumn(name="v_writetime", type="timestamptz", role="writetime", source="v"),
        PlannedColumn(name="v_ttl", type="int", role="ttl", source="v"),
        PlannedColumn(name="expires_at", type="timestamptz", role="expires_at"),
    )
    now = dt.datetime.now(dt.UTC)
    rows = {row["k"]: row for row in read(session, planned(source, *more), source)[0]}
    assert rows[1]["v_writetime"] == dt.datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=dt.UTC)
    assert 900 < rows[1]["v_ttl"] <= 1000
    assert abs((rows[1]["expires_at"] - now).total_seconds() - 1000) < 60
    assert (rows[2]["v_ttl"], rows[2]["expires_at"]) == (None, None)


def test_numbers_and_times_beyond_the_lake_are_refused_counted_or_kept_as_text(session: Any, keyspace: str) -> None:
    session.execute(f"CREATE TABLE {keyspace}.t (k int PRIMARY KEY, d decimal, v varint, at timestamp)")
    session.execute(f"INSERT INTO {keyspace}.t (k, d, v, at) VALUES (1, 1E-1000, {10**40}, 253402300800000)")
    session.execute(f"INSERT INTO {keyspace}.t (k, d, v, at) VALUES (2, 1.50, 7, 0)")
    source = schema.table(session, keyspace, "t")

    def plan(policy: str, **types: str) -> PlannedTable:
        return planned(
            source,
            *(
                PlannedColumn(name=name, type=kind, role="regular", source=name, policy=policy)
                for name, kind in types.items()
            ),
        )

    kinds = {"d": "decimal(10, 2)", "v": "decimal(38, 0)", "at": "timestamptz"}
    with pytest.raises(FidelityError):
        read(session, plan("error", **kinds), source)
    rows, converter, _ = read(session, plan("null", **kinds), source)
    assert {row["k"]: (row["d"], row["v"]) for row in rows} == {1: (None, None), 2: (decimal.Decimal("1.50"), 7)}
    merged = fidelity.merge([converter.tallies])
    assert [merged[name].nulled for name in kinds] == [1, 1, 1]
    rows, _, _ = read(session, plan("string", **dict.fromkeys(kinds, "string")), source)
    assert {row["k"]: (row["d"], row["v"], row["at"]) for row in rows} == {
        1: ("1E-1000", str(10**40), "+10000-01-01T00:00:00.000Z"),
        2: ("1.50", "7", "1970-01-01T00:00:00.000Z"),
    }
