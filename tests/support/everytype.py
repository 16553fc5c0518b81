"""A table with a column of every CQL type, keys of two, and rows with nulls, empty values and extremes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.support.loads import Bench

COLUMNS: Final = {
    "shop": "text", "day": "int", "at": "timestamp", "id": "uuid", "t_ascii": "ascii", "t_bigint": "bigint",
    "t_blob": "blob", "t_boolean": "boolean", "t_date": "date", "t_decimal": "decimal", "t_double": "double",
    "t_duration": "duration", "t_float": "float", "t_inet": "inet", "t_smallint": "smallint", "t_text": "text",
    "t_time": "time", "t_timeuuid": "timeuuid", "t_tinyint": "tinyint", "t_varint": "varint",
    "c_list": "list<text>", "c_set": "set<int>", "c_map": "map<text, timestamp>", "c_tuple": "tuple<int, text>",
    "c_deep": "map<text, frozen<list<frozen<tuple<int, date>>>>>", "c_place": "frozen<place>",
}  # fmt: skip
FULL: Final = {
    "t_ascii": "'a|b'", "t_bigint": "-9223372036854775808", "t_blob": "0x00ff", "t_boolean": "true",
    "t_date": "'1969-12-31'", "t_decimal": "-12.50", "t_double": "NaN", "t_duration": "1mo2d3ns", "t_float": "1.1",
    "t_inet": "'::1'", "t_smallint": "-1", "t_text": "'Zürich 🎬 \"x\"'", "t_time": "'23:59:59.999999999'",
    "t_timeuuid": "50554d6e-29bb-11e5-b345-feff819cdc9f", "t_tinyint": "-128",
    "t_varint": "-99999999999999999999999999999999999999", "c_list": "['', 'b', 'a']", "c_set": "{3, 1, 2}",
    "c_map": "{'b': '1969-12-31 23:59:59.999Z', 'a': '9999-12-31 23:59:59.999Z'}", "c_tuple": "(1, null)",
    "c_deep": "{'x': [(1, '2024-02-29'), (2, null)]}", "c_place": "{city: 'Köln', zip: null}",
}  # fmt: skip


def fill(bench: Bench, table: str = "things", rows: int = 60) -> None:
    """Make the table, with rows of which each third has all columns; two thirds have none but keys and some text."""
    name = f"{bench.keyspace}.{table}"
    bench.session.execute(f"CREATE TYPE IF NOT EXISTS {bench.keyspace}.place (city text, zip int)")
    columns = ", ".join(f"{one} {kind}" for one, kind in COLUMNS.items())
    bench.session.execute(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ((shop, day), at, id))")
    for number in range(rows):
        keys = {
            "shop": f"'{'é' * (number % 5)}{number % 7}'",
            "day": str(number * (-1) ** number * 7_654_321),
            "at": str(number * 1001 - 5),
            "id": f"00000000-0000-4000-8000-{number:012d}",
        }
        values: dict[str, Any] = keys | (FULL if number % 3 == 0 else {"t_text": "''"} if number % 3 == 1 else {})
        bench.session.execute(f"INSERT INTO {name} ({', '.join(values)}) VALUES ({', '.join(values.values())})")
