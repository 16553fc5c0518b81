"""A keyspace as it may be seen, made by hand: hostile names and values, views, types within types, wide tables."""

from __future__ import annotations

from decimal import Decimal

from gluepot.cassandra.cql import Column, CqlType, Table
from gluepot.lake.types import typemap
from gluepot.lake.types.names import lake_names
from gluepot.source.seen import Sample, Seen, SeenColumn, SeenTable, SeenType

TEXT, UUID = CqlType("text"), CqlType("uuid")
ADDRESS = CqlType("udt", (TEXT, TEXT), ("street", "city"), type_name="address", frozen=True)
PERSON = CqlType("udt", (TEXT, ADDRESS), ("name", "home"), type_name="person", frozen=True)
HOSTILE = 'we "ird"<script>alert(1)</script>'
VALUE = "</td><script>alert(2)</script>\x1b[31m\u202e"


def columns(*told: tuple[str, CqlType, str]) -> tuple[Column, ...]:
    """Make columns from name, type and `K`, `C`, `D` (descending), `S` or nothing."""
    made, places = [], {"K": 0, "C": 0}
    for name, kind, mark in told:
        place = {"D": "C"}.get(mark, mark)
        at = places.get(place, -1)
        if place in places:
            places[place] += 1
        match place:
            case "K":
                made.append(Column(name, kind, "partition_key", at))
            case "C":
                made.append(Column(name, kind, "clustering", at, descending=mark == "D"))
            case "S":
                made.append(Column(name, kind, "static"))
            case _:
                made.append(Column(name, kind))
    return tuple(made)


def seen_table(table: Table, sample: Sample | None = None, rows: int | None = 120, base: str = "") -> SeenTable:
    """See a table as `source.look` does."""
    names = lake_names([one.name for one in table.columns])
    return SeenTable(
        table=table,
        columns=tuple(SeenColumn(one, names[one.name], *becomes(one.type)) for one in table.columns),
        rows=rows,
        bytes=None if rows is None else rows * 100,
        estimated_by="estimated from a sample",
        base=base,
        sample=sample,
    )


def becomes(kind: CqlType) -> tuple[str, str]:
    try:
        return typemap.lake_type(kind), typemap.note(kind)
    except typemap.NeedsChoice as error:
        return "", f"{error.what}: {error.hint}"


TITLES = Table("ks", "titles", columns(("show_id", TEXT, "K"), ("title", TEXT, ""), ("price", CqlType("decimal"), "")))
WATCHES = Table(
    "ks",
    "watches",
    columns(
        ("user_id", UUID, "K"), ("at", CqlType("timeuuid"), "D"), ("show_id", TEXT, "C"), ("plan", TEXT, "S"),
        ("from", ADDRESS, ""), ("with", CqlType("list", (PERSON,)), ""),
    ),
)  # fmt: skip
WIDE = Table("ks", HOSTILE, columns(("userId", UUID, "K"), *((f"c{n:02}", TEXT, "") for n in range(60))))
VIEW = Table("ks", "by_title", columns(("title", TEXT, "K"), ("show_id", TEXT, "C")), is_view=True)

SAMPLE = Sample(
    ("show_id", "title", "price"),
    (False, False, True),
    (("s1", VALUE, Decimal("1.10")), ("s2", None, None), ("s3", "", Decimal(2)), ("s4", "x" * 5000, Decimal(3))),
)
SEEN = Seen(
    cluster="cassandra 127.0.0.1:9042",
    keyspace="ks",
    tables=(
        seen_table(TITLES, SAMPLE),
        seen_table(WATCHES, Sample(("user_id",), (False,), ())),
        seen_table(WIDE, rows=None),
        seen_table(VIEW, base="titles"),
    ),
    types=(
        SeenType("address", (("street", TEXT), ("city", TEXT))),
        SeenType("person", (("name", TEXT), ("home", ADDRESS))),
    ),
    seen="2026-01-31 12:00:00 UTC",
)
