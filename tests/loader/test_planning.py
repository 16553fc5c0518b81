"""From a plan file and tables to a plan: types, names, SQL, partitions, and everything that is wrong at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.source.keyspaces import columns

from gluepot.cassandra.cql import CqlType, Table
from gluepot.cassandra.splits import Estimate
from gluepot.cli import say
from gluepot.cli.load import plans
from gluepot.errors import SourceError
from gluepot.lake.commit import marks
from gluepot.lake.types.names import is_legal
from gluepot.lake.types.typemap import schema_of
from gluepot.loader.plan import planning
from gluepot.loader.plan.readfile import from_mapping
from gluepot.loader.plan.sampling import Samples, Spread, undecided

if TYPE_CHECKING:
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.planning import PlannedLoad
    from gluepot.plan.table import PlannedColumn, PlannedTable

INT, TEXT, DECIMAL, TIME, UUID = map(CqlType, ("int", "text", "decimal", "timestamp", "timeuuid"))
ADDRESS = CqlType("udt", (TEXT, DECIMAL), ("city", "Rent"), type_name="address", frozen=True)
ORDERS = Table(
    "shop",
    "orders",
    columns(
        ("customer", TEXT, "K"), ("at", UUID, "D"), ("plan", TEXT, "S"), ("amount", CqlType("varint"), ""),
        ("day", CqlType("date"), ""), ("price", DECIMAL, ""), ("seen", TIME, ""), ("tags", CqlType("set", (TEXT,)), ""),
        ("userId", TEXT, ""), ("userid", INT, ""),
    ),
    id="1d",
)  # fmt: skip
HITS = Table("shop", "hits", columns(("page", TEXT, "K"), ("n", CqlType("counter"), "")))
FLATS = Table("shop", "flats", columns(("id", INT, "K"), ("home", ADDRESS, "")))
BY_DAY = Table("shop", "by_day", columns(("day", CqlType("date"), "K"), ("customer", TEXT, "C")), is_view=True)
ALL = (ORDERS, HITS, FLATS, BY_DAY)

SIZE = Estimate(rows=1_000_000, bytes=400_000_000, partitions=50_000, exact=False, source="sample")
SAMPLES = {"orders": Samples(16_000, {"price": 8}, {"price": 2}), "flats": Samples(10, {}, {})}


def file(only: str = "orders", **sections: Any) -> PlanFile:
    """Write a plan of one table, whose decimals are decided unless a section says otherwise."""
    section = {"types": {"price": "decimal(12,2)"}, **sections.pop("section", {})} if only == "orders" else {}
    return from_mapping(
        {
            "source": {"keyspace": "shop", "contact_points": ["127.0.0.1"]},
            "target": {
                "database": "lake", "location": "s3://our-lake/wh/", "region": "eu-west-1", **sections.pop("target", {})
            },
            "tables": {"include": [only]},
            "table": {"orders": section} if section else {},
            **sections,
        }
    )  # fmt: skip


def planned(written: PlanFile, tables: tuple[Table, ...] = ALL, size: Estimate = SIZE) -> PlannedLoad:
    return planning.plan(written, "cassandra 127.0.0.1:9042", tables, {one.name: size for one in tables}, SAMPLES)


def orders(**section: Any) -> PlannedLoad:
    return planned(file(section=section))


def table(made: PlannedLoad, part: str = "rows") -> PlannedTable:
    assert made.refusals == ()
    return next(one for one in made.plan.tables if one.part == part)


def column(made: PlannedLoad, name: str) -> PlannedColumn:
    return next(one for one in table(made).columns if one.name == name)


def said(made: PlannedLoad) -> str:
    return "\n".join(f"{one.table}: {one.what}; {one.hint}{one.offer}" for one in made.refusals)


def test_a_plan_that_says_nothing_special_takes_every_column_as_it_is() -> None:
    made = table(orders())
    assert [(one.name, one.type, one.role) for one in made.columns] == [
        ("customer", "string", "partition_key"),
        ("at", "string", "clustering"),
        ("plan", "string", "static"),
        ("amount", "decimal(38, 0)", "regular"),
        ("day", "date", "regular"),
        ("price", "decimal(12, 2)", "regular"),
        ("seen", "timestamptz", "regular"),
        ("tags", "list<string>", "regular"),
        ("userid_6ccb2121", "string", "regular"),
        ("userid", "int", "regular"),
    ]
    assert (made.name, made.source_id, made.location) == ("orders", "1d", "s3://our-lake/wh/orders")
    assert (made.format, made.mode, made.rows, made.bytes, made.splits) == (
        "iceberg",
        "replace",
        1_000_000,
        400_000_000,
        7,
    )


def test_comments_and_notes_say_what_a_column_was() -> None:
    made = orders()
    renamed = next(one for one in table(made).columns if one.source == "userId")
    assert renamed.comment == "text userId"
    assert f"orders: column 'userId' is called {renamed.name!r}" in made.notes
    assert column(made, "plan").comment == "static text"
    assert column(made, "at").comment.startswith("timeuuid; ")


def test_everything_special_of_a_table_reaches_its_plan() -> None:
    made = orders(
        name="all_orders", rename={"userId": "user"}, drop=["tags"], cast={"userid": "BIGINT"}, filter="price > 0",
        derive={"twice": "price * 2", "open": "seen IS NULL"}, policy={"seen": "null", "amount": "string"},
        writetime=["price"], ttl=["price"], expires_at=True, partition=["customer", "day(seen)", "bucket(8, userid)"],
        mode="append",
    )  # fmt: skip
    found = table(made)
    assert (found.name, found.filter, found.mode) == ("all_orders", "price > 0", "append")
    assert "tags" not in {one.source for one in found.columns}
    assert column(made, "user").source == "userId"
    assert (column(made, "userid").type, column(made, "userid").cast) == ("long", "BIGINT")
    assert (column(made, "seen").policy, column(made, "amount").type) == ("null", "string")
    assert (column(made, "open").type, column(made, "open").expression) == ("boolean", "seen IS NULL")
    assert (column(made, "price_writetime").type, column(made, "price_writetime").role) == ("timestamptz", "writetime")
    assert (column(made, "price_ttl").type, column(made, "price_ttl").source) == ("int", "price")
    assert column(made, "expires_at").type == "timestamptz"
    assert [(one.column, one.transform) for one in found.partition] == [
        ("customer", "identity"),
        ("seen", "day"),
        ("userid", "bucket[8]"),
    ]


@pytest.mark.parametrize(
    ("section", "kind", "policy"),
    [
        ({"policy": {"price_writetime": "null", "price_ttl": "null"}}, "timestamptz", "null"),
        ({"policy": {"price_writetime": "long"}}, "long", "error"),
        ({"types": {"price_writetime": "string", "price": "decimal(12,2)"}}, "string", "error"),
        (
            {"types": {"price_writetime": "long", "price": "string"}, "policy": {"price_writetime": "long"}},
            "long",
            "error",
        ),
    ],
)
def test_write_times_have_types_and_policies(section: dict[str, Any], kind: str, policy: str) -> None:
    found = column(orders(writetime=["price"], ttl=["price"], **section), "price_writetime")
    assert (found.type, found.policy) == (kind, policy)


def test_what_is_not_decided_is_offered_from_the_sample() -> None:
    made = orders(types={})
    (refusal,) = made.refusals
    assert refusal.what == "price is a decimal, whose scale no schema holds"
    assert refusal.offer == (
        'types.price = "decimal(14,2)"  # from 16,000 sampled rows: at most 10 digits, 2 after the point'
    )
    nested = planned(file("flats"))
    assert said(nested) == (
        "flats: home.rent is a decimal, whose scale no schema holds; name its type in the plan file; --write adds the "
        'offered linetypes.home = "string"  # from 10 sampled rows: no value; decimal(p,s) if you know it'
    )


@pytest.mark.parametrize(
    ("values", "offered"),
    [
        (["1.10", "-99.5"], "decimal(8,2)"),
        (["0"], "decimal(4,0)"),
        (["0.001"], "decimal(7,3)"),
        (["0E-5"], "decimal(9,5)"),
        (["1E+6"], "decimal(11,0)"),
        (["1" * 36 + ".1"], "decimal(38,1)"),
        (["1" * 38 + ".1"], "string"),
        (["1E+2147483647"], "string"),
        ([], "string"),
    ],
)
def test_the_offer_holds_what_was_sampled_with_room_before_the_point(values: list[str], offered: str) -> None:
    samples = Samples(len(values))
    for value in values:
        samples.add("price", value)
    assert samples.decimal_of("price")[0] == offered


def test_only_columns_that_nobody_decided_are_sampled() -> None:
    def left(**section: Any) -> tuple[str, ...]:
        return undecided(ORDERS, file(section={"types": {}, **section}).of("orders"))

    assert left() == ("price",)
    assert left(policy={"price": "null"}) == ("price",)
    for decided in ({"drop": ["price"]}, {"cast": {"price": "DOUBLE"}}, {"types": {"price": "string"}}):
        assert left(**decided) == ()
    assert left(policy={"price": "decimal(9,2)"}) == ()


@pytest.mark.parametrize(
    ("section", "parts"),
    [
        ({"rename": {"prize": "x"}}, ("rename names column 'prize', which is not there", "did you mean 'price'?")),
        ({"drop": ["USERID"]}, ("drop names column 'USERID'", "did you mean 'userId' or 'userid'?")),
        ({"cast": {"zzz": "INT"}}, ("cast names column 'zzz'", "there are: customer, at, plan, amount")),
        ({"types": {"x": "string", "price": "string"}}, ("types names column 'x'",)),
        ({"policy": {"x": "null"}}, ("policy names column 'x'",)),
        ({"writetime": ["x"], "ttl": ["y"]}, ("writetime names column 'x'", "ttl names column 'y'")),
        ({"rename": {"price": "Price"}}, ("rename gives 'price' the name 'Price'", "lower-case letters")),
        ({"rename": {"price": "seen"}}, ("two columns would be called 'seen': 'price' and 'seen'", "rename.COLUMN")),
        ({"derive": {"seen": "1"}}, ("two columns would be called 'seen': 'seen' and derived",)),
        ({"derive": {"price_ttl": "1"}, "ttl": ["price"]}, ("'price_ttl': the ttl of price and derived",)),
        ({"derive": {"Twice": "1"}}, ("derive makes a column 'Twice'", "lower-case")),
        ({"rename": {"price": "expires_at"}, "expires_at": True}, ("called 'expires_at': 'price' and expires_at",)),
        ({"policy": {"price": "nul"}}, ("policy of price is 'nul'", 'write "error", "null", "string"')),
        ({"policy": {"userId": "null"}}, ("policy names userId, a text, whose values all fit",)),
        ({"policy": {"price": "decimal(9,2)"}}, ("has type 'decimal(12,2)' and policy 'decimal(9,2)'", "keep one")),
        ({"policy": {"twice": "string"}, "derive": {"twice": "1"}}, ("policy of derived column twice",)),
        ({"types": {"userid": "string", "price": "string"}}, ("types names userid, a int, which the lake holds",)),
        ({"types": {"price": "decimal(40,2)"}}, ("types of price: decimal(40, 2) is no type", "precision is 1 to 38")),
        ({"types": {"price": "money"}}, ("types of price: 'money' is not a type", 'becomes "decimal(p,s)" or')),
        ({"types": {"price": "long"}}, ("types of price: 'long' is no choice", '"decimal(p,s)" or "string"')),
        ({"types": {"price": "string", "seen": "decimal(9,2)"}}, ("types of seen: 'decimal(9,2)' is no", '"long"')),
        ({"cast": {"price": "DOUBLE"}}, ("price has a type (decimal(12,2)) and a cast",)),
        ({"cast": {"seen": "MONEY"}}, ("the cast of column seen of orders", "MONEY")),
        ({"cast": {"tags": "INTEGER"}}, ("the cast of column tags of orders cannot be computed",)),
        ({"filter": "amont > 1"}, ("the filter of orders", "amont", "amount")),
        ({"filter": "amount"}, ("the filter of orders gives", "yes or no")),
        ({"filter": "sum(amount) > 1"}, ("the filter of orders is not a value of one row",)),
        ({"derive": {"now": "now()"}}, ("the derived column now of orders would not be the same",)),
        ({"derive": {"a": "read_text('/etc/passwd')"}}, ("the derived column a of orders",)),
        ({"writetime": ["customer"]}, ("key column customer has no writetime",)),
        ({"ttl": ["at"]}, ("key column at has no ttl",)),
        ({"writetime": ["seen"], "policy": {"seen_writetime": "nul"}}, ("policy of seen_writetime is 'nul'", "long")),
        ({"writetime": ["seen"], "types": {"seen_writetime": "int", "price": "string"}}, ("seen_writetime: 'int' is",)),
        ({"policy": {"price_writetime": "null"}}, ("policy names column 'price_writetime', which is not there",)),
        ({"ttl": ["price"], "policy": {"price_ttl": "long"}}, ("price_ttl: 'long' is no choice", "fits always")),
        ({"ttl": ["tags"]}, ("tags is a set<text>, with a time to live for each element", "writetime")),
        ({"expires_at": "customer"}, ("expires_at names customer, a key column, which has no time to live",)),
        ({"expires_at": "tags"}, ("expires_at names tags, a set<text>",)),
        ({"expires_at": "sen"}, ("expires_at names column 'sen'", "did you mean 'seen'?")),
        ({"drop": [one.name for one in ORDERS.columns], "types": {}}, ("no column is left",)),
        ({"partition": ["sen"]}, ("partition 'sen' names column 'sen', which is not there", "did you mean 'seen'?")),
        ({"partition": ["day(customer)"]}, ("partition 'day(customer)' is by a column of type string", "day takes")),
        ({"partition": ["hour(day)"]}, ("partition 'hour(day)' is by a column of type date",)),
        ({"partition": ["tags"]}, ("partition 'tags' is by a column of type list<string>",)),
        ({"partition": ["seen"]}, ("partition 'seen' is by a column of type timestamptz",)),
        ({"partition": ["bucket(customer)"]}, ("has no number that it can have", "bucket(16, customer)")),
        ({"partition": ["bucket(0, customer)"]}, ("has no number that it can have",)),
        ({"partition": ["day(3, seen)"]}, ("has a number, which day does not take", "day(seen)")),
        ({"partition": ["days(seen)"]}, ("has transform 'days', which is none", "did you mean 'day'?")),
        ({"partition": ["day(seen"]}, ("partition 'day(seen' cannot be read",)),
        ({"partition": ["day(seen)", "DAY( seen )"]}, ("partition 'DAY( seen )' stands there twice",)),
        ({"partition": ["day(seen)"], "rename": {"day": "seen_day"}}, ("would be called 'seen_day', as a column is",)),
        ({"partition": ["price_ttl"], "ttl": ["price"]}, ("names column 'price_ttl', which is not there",)),
        ({"format": "parquet", "partition": ["day"]}, ("a Parquet table cannot have partitions", '"iceberg"')),
        ({"format": "parquet", "mode": "append"}, ("a Parquet table cannot be added to",)),
        ({"static": "split", "drop": ["plan"]}, ('static = "split", and no static column is left',)),
        ({"name": "All-Orders"}, ("'All-Orders' cannot name a Glue table",)),
        ({"name": "x" * 250, "static": "split"}, (f"'{'x' * 250}__static' cannot name a Glue table",)),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_what_to_do(section: dict[str, Any], parts: tuple[str, ...]) -> None:
    message = said(orders(**section))
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        (file(tables={"include": ["ordres"]}), ("tables.include names 'ordres'", "'orders'", "no table of keyspace")),
        (file(tables={"exclude": ["*"]}), ("no table of keyspace shop is chosen",)),
        (file(table={"order": {"drop": ["x"]}}), ("order: [table.order] names a table that is not", "'orders'")),
        (
            file("*", tables={"include": ["hits", "flats"]}, table={"hits": {"name": "flats"}}),
            ("tables hits and flats would both be called 'flats'", "[table.flats] name ="),
        ),
        (file("hits", table={"hits": {"writetime": ["n"]}}), ("hits: counter n has no writetime",)),
        (file("hits", table={"hits": {"expires_at": True}}), ("no column has a time to live",)),
        (file("hits", table={"hits": {"static": "split"}}), ("no static column is there",)),
    ],
)
def test_tables_that_cannot_be_are_refused_too(written: PlanFile, parts: tuple[str, ...]) -> None:
    message = said(planned(written))
    for part in parts:
        assert part in message


ICEBERGS = ["_file", "_pos", "_partition", "_spec_id", "_deleted", "_row_id"]


@pytest.mark.parametrize("name", [*ICEBERGS, "$partition", "_File"])
def test_names_that_iceberg_keeps_for_itself_are_given_to_no_column(name: str) -> None:
    source = Table("shop", "t", columns(("id", INT, "K"), (name, TEXT, "")))
    made = planned(file("t"), (source,))
    (_, found) = table(made).columns
    assert found.name not in ICEBERGS
    assert is_legal(found.name)
    assert f"t: column {name!r} is called {found.name!r}" in made.notes
    renamed = planned(file("t", table={"t": {"rename": {name: "_file"}}}), (source,))
    assert f"{name!r} would be called '_file', which Iceberg keeps for itself" in said(renamed)
    derived = planned(file("t", table={"t": {"derive": {"_pos": "id + 1"}}}), (source,))
    assert "derived would be called '_pos', which Iceberg keeps for itself" in said(derived)


def test_what_glue_does_not_take_is_refused() -> None:
    fields = tuple(f"field_{number:05}" for number in range(7_000))
    wide = CqlType("udt", (TEXT,) * len(fields), fields, type_name="wide", frozen=True)
    source = Table("shop", "t", columns(("id", INT, "K"), ("w", wide, "")))
    refused = said(planned(file("t"), (source,)))
    assert "the type of w has 133,007 characters in Glue, which takes 131,072" in refused
    assert 'cast.w = "VARCHAR"' in refused


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (2_000, ""),
        (4_000, "a record of 4,001 columns takes about 1,"),
        (9_000, "to say what 9,001 columns were takes"),
    ],
)
def test_a_record_that_is_larger_than_glue_takes_is_refused(count: int, told: str) -> None:
    many = ((f"column_{number:05}", TEXT, "") for number in range(count))
    made = planned(file("t"), (Table("shop", "t", columns(("id", INT, "K"), *many)),))
    assert told in said(made)
    assert bool(made.refusals) == bool(told)


def test_a_table_that_cannot_be_planned_leaves_the_names_of_others_alone() -> None:
    """`"Hits"` gives way to `hits`, which cannot be read tonight: its rows are not to go into the table of that."""
    other = Table("shop", "Hits", HITS.columns)
    whole = planned(file("*"), (HITS, other))
    failed = {"hits": SourceError("shop.hits may not be read", "no SELECT", "GRANT SELECT")}
    written = file("*")
    made = planning.plan(written, "c", (HITS, other), {"Hits": SIZE}, {}, failed)
    left = planning.without(made, failed, written)
    assert {one.source: one.name for one in left.plan.tables} == {
        "Hits": {one.source: one.name for one in whole.plan.tables}["Hits"]
    }
    (unplanned,) = left.unplanned
    assert (unplanned.table.source, unplanned.table.name) == ("hits", "hits")
    assert unplanned.error.hint == 'GRANT SELECT; or leave it out: [tables] exclude = ["hits"]'


def test_everything_that_is_wrong_is_told_at_once_and_once() -> None:
    made = orders(
        types={}, drop=["x"], filter="y > 1", cast={"seen": "MONEY"}, derive={"a": "z", "b": "price * 2"},
        partition=["w"], static="split",
    )  # fmt: skip
    assert len(made.refusals) == 6, said(made)
    assert "the derived column b" not in said(made), "the offered type stands in for the one that is missing"


def test_views_are_loaded_only_where_they_are_named() -> None:
    some = planned(file("*", tables={"include": ["by*", "hits"]}))
    assert [one.source for one in some.plan.tables] == ["hits"]
    assert "by_day: a materialized view, left out unless tables.include names it" in some.notes
    assert [one.source for one in planned(file("by_day")).plan.tables] == ["by_day"]


def test_static_columns_go_into_a_table_of_their_own() -> None:
    made = orders(static="split", filter="amount > 1")
    rows, statics = table(made), table(made, "static")
    assert "plan" not in {one.name for one in rows.columns}
    assert (statics.name, [one.name for one in statics.columns]) == ("orders__static", ["customer", "plan"])
    assert (statics.rows, statics.filter, statics.partition) == (50_000, "", ())
    assert "orders: the filter is for rows; orders__static has all partitions" in made.notes


def test_what_deserves_a_word_has_a_note() -> None:
    made = orders(drop=["customer", "userId"], rename={"userId": "u"}, ttl=["price"])
    text = "\n".join(made.notes)
    assert "orders: key column customer is dropped, so verify compares the table as a whole only" in text
    assert "orders: userId is dropped, so its rename does nothing" in text
    assert "orders: times to live are what is left when a row is read" in text
    counted = planned(file("hits", target={"mode": "append"}))
    assert any("counters are added as they stand" in note for note in counted.notes)
    prefixed = planned(file("hits", target={"table_prefix": "raw_"}))
    assert "table 'hits' is called 'raw_hits'" in prefixed.notes
    unused = planned(file("hits", table={"orders": {"drop": ["plan"]}}))
    assert "orders: [table.orders] does nothing, as the table is not chosen" in unused.notes


def test_partitions_may_be_of_derived_and_cast_columns_and_of_the_time_in_a_timeuuid() -> None:
    made = orders(
        partition=["month(at)", "day(started)", "truncate(2, USER)".lower(), "day"],
        derive={"started": "date_trunc('month', seen)"}, rename={"userId": "user"},
    )  # fmt: skip
    assert [(one.column, one.transform, one.timeuuid) for one in table(made).partition] == [
        ("at_at", "month", True),
        ("started", "day", False),
        ("user", "truncate[2]", False),
        ("day", "identity", False),
    ]
    assert (column(made, "at_at").type, column(made, "at_at").role) == ("timestamptz", "derived")
    assert any("column at_at, the time in timeuuid at, is added" in note for note in made.notes)


@given(st.integers(0, 2**60 - 1), st.integers(0, 2**62 - 1))
def test_the_time_of_a_timeuuid_is_exact_to_the_microsecond(ticks: int, rest: int) -> None:
    """100 ns since 1582, cut in three parts; Python's own reading of the UUID is the oracle."""
    import uuid

    import duckdb

    fields = (ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) | 0x1000)
    value = uuid.UUID(fields=(*fields, 0x80 | rest >> 56, rest >> 48 & 0xFF, rest & (2**48 - 1)))
    expression = column(orders(partition=["day(at)"]), "at_at").expression
    sql = f'SELECT epoch_us({expression}) FROM (SELECT ? AS "at")'
    assert duckdb.execute(sql, [str(value)]).fetchall() == [((value.time - 0x01B21DD213814000) // 10,)]


def weighed(spread: Spread | None, size: Estimate = SIZE, *, is_astra: bool = False, **section: Any) -> PlannedLoad:
    written = file(section=section)
    made = planned(written, size=size)
    spreads = {} if spread is None else {"orders": spread}
    return planning.weighed(made, written, {"orders": size}, spreads, is_astra=is_astra)


def test_reads_of_astra_are_billed_by_4_kb_of_each_page_whatever_is_dropped() -> None:
    made = weighed(None, is_astra=True, drop=["tags"])
    cost = made.costs["orders"]
    assert cost.pages == 191
    assert cost.read_units == 97_657 + 191
    assert cost.seconds == pytest.approx(191 / 3000)
    assert cost.dollars == pytest.approx(97_848 / 1e6 * 0.37 + cost.puts / 1e3 * 0.005 + 0.16 * 0.023)
    assert "orders: dropped columns are not sent, but Astra bills whole rows" in made.notes
    assert weighed(None).costs["orders"].read_units == 0


def test_split_statics_are_a_second_scan() -> None:
    assert weighed(None, static="split", is_astra=True).costs["orders"].pages == 2 * 191


@pytest.mark.parametrize(
    ("spread", "partition", "partitions"),
    [
        (Spread(16_000, 30, 0), ["day(seen)"], 30),
        (Spread(16_000, 29, 1), ["day(seen)"], 37),
        (Spread(16_000, 0, 16_000), ["customer"], 126_492),
        (Spread(16_000, 16, 0), ["bucket(16, customer)"], 16),
        (Spread(20, 0, 14), ["bucket(16, customer)"], 16),
        (None, ["bucket(16, customer)"], 16),
        (None, ["day(seen)"], 1),
        (Spread(1_000_000, 5, 3), ["day(seen)"], 8),
    ],
)
def test_partitions_are_estimated_from_those_that_a_sample_shows(
    spread: Spread | None, partition: list[str], partitions: int
) -> None:
    assert weighed(spread, partition=partition).costs["orders"].partitions == partitions


def test_absurd_numbers_of_files_are_refused() -> None:
    many = said(weighed(Spread(16_000, 0, 16_000), partition=["customer", "day(at)"]))
    assert "orders: partition by customer, day(at_at) makes about 126,492 partition files, more than 10,000" in many
    assert "bucket(16, ...)" in many
    small = said(weighed(Spread(16_000, 1_100, 0), partition=["day(seen)"]))
    assert "makes about 1,100 partition files of 145 kB each" in small
    assert weighed(Spread(16_000, 900, 0), partition=["day(seen)"]).refusals == ()


def test_nothing_is_sampled_of_partitions_where_something_is_refused() -> None:
    assert orders(partition=["day(seen)"], drop=["x"]).partitioned() == ()
    assert len(orders(partition=["day(seen)"]).partitioned()) == 1


QUOTED = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@given(st.lists(QUOTED, min_size=1, max_size=8, unique=True))
def test_any_names_of_columns_make_a_plan_that_the_lake_can_hold(names: list[str]) -> None:
    kinds = (TEXT, INT, TIME, CqlType("varint"), CqlType("list", (TEXT,)))
    told = [(name, kinds[index % 5], "K" if index == 0 else "") for index, name in enumerate(names)]
    made = planned(file("*"), (Table("shop", names[0], columns(*told)),))
    if any(character in names[0] for character in "*?["):
        return
    (found,) = made.plan.tables
    assert made.refusals == ()
    assert all(map(is_legal, schema_of(found.columns).names))
    assert len(set(schema_of(found.columns).names)) == len(names)
    assert [one.source for one in found.columns] == [one.name for one in Table("", "", columns(*told)).columns]


def test_what_two_runs_share_does_not_depend_on_estimates() -> None:
    small = Estimate(rows=3, bytes=100, partitions=2, exact=True, source="sample")
    one, other = orders(), planned(file(), size=small)
    assert one.plan.digest(table(one)) == other.plan.digest(table(other))
    assert one.plan.digest(table(one)) != orders(drop=["tags"]).plan.digest(table(orders(drop=["tags"])))


def test_credentials_in_a_plans_sql_are_not_shown_and_not_written_into_the_catalog(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The plan itself has them: a load does what it says."""
    key, password = "0f9e8d7c6b5a", "Tr0ub4dor3x"
    source = Table("shop", "t", columns(("id", INT, "K"), ("url", TEXT, "")), comment=f"password={password}")
    derive = {"api_key": f"'{key}'", "password": "md5(url)", "link": f"'https://reader:{password}@h/' || url"}
    written = file("t", table={"t": {"derive": derive, "filter": f"url <> 'ftp://reader:{password}@h/'"}})
    made = planned(written, (source,))
    (one,) = made.plan.tables
    assert one.filter == f"url <> 'ftp://reader:{password}@h/'"
    assert {found.name: found.expression for found in one.columns if found.expression} == derive
    plans.show(written, made)
    say.data_json(plans.as_plain(written, made))
    shown = capsys.readouterr().out
    catalog = json.dumps([marks.originals(one), marks.columns_text(one), [found.comment for found in one.columns]])
    for text in (shown, catalog):
        assert key not in text
        assert password not in text
        assert "md5(url)" in text
        assert "https://reader:***@h/" in text
