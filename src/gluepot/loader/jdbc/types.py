"""What becomes of CQL types on the JDBC route: what the driver calls them, what Glue makes of that, what is lost.

CQL to JDBC: as cassandra-jdbc-wrapper 4.16 says it of a real table (tests/loader/test_jdbc_driver.py). JDBC to Glue:
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-connect-jdbc-home.html, `dataTypeMapping`: a type
that is not listed there becomes a STRING.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

TEXT: Final = "string"


class Carried(NamedTuple):
    """A CQL type on its way: the JDBC type, Glue's type, and what is lost."""

    jdbc: str
    glue: str
    loss: str = ""


_AS_TEXT: Final = "arrives as the text that the driver prints"
_NESTED: Final = "arrives as one text, like [a, b]: no list, map or struct in the lake"
_OBJECT: Final = "arrives as the name of a Java object: its values are lost"
_UNKNOWN: Final = "the driver may fail to describe it; at best it arrives as text"

TYPES: Final[dict[str, Carried]] = {
    "ascii": Carried("VARCHAR", "string"),
    "text": Carried("VARCHAR", "string"),
    "varchar": Carried("VARCHAR", "string"),
    "int": Carried("INTEGER", "int"),
    "bigint": Carried("BIGINT", "long"),
    "counter": Carried("BIGINT", "long"),
    "smallint": Carried("SMALLINT", "short"),
    "tinyint": Carried("TINYINT", "short"),
    "varint": Carried("BIGINT", "long", "beyond 64 bits it cannot be told"),
    "decimal": Carried("DECIMAL", "decimal", "Spark reads decimal(38,18): more digits are rounded, more is null"),
    "float": Carried("FLOAT", "float"),
    "double": Carried("DOUBLE", "double"),
    "boolean": Carried("BOOLEAN", "boolean"),
    "date": Carried("DATE", "date", "before 1582 days shift by the calendar of java.sql.Date"),
    "timestamp": Carried("TIMESTAMP", "timestamp", "years beyond 9999 fail"),
    "time": Carried("TIME", TEXT, "arrives as text without its fraction of a second"),
    "uuid": Carried("OTHER", TEXT),
    "timeuuid": Carried("OTHER", TEXT),
    "inet": Carried("OTHER", TEXT, "arrives as text with a slash before it"),
    "blob": Carried("BINARY", TEXT, "arrives as the name of a Java buffer: its bytes are lost"),
    "duration": Carried("OTHER", TEXT, _AS_TEXT),
}

NESTED: Final = re.compile(r"(list|set|map)<")
"""Tuples, vectors and user-defined types are not among them: of these the driver prints no values."""

SIMPLE: Final[dict[str, str]] = {
    "boolean": "boolean",
    "int": "int",
    "long": "long",
    "float": "float",
    "double": "double",
    "string": "string",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "binary": "binary",
}
"""The lake's types as ApplyMapping names them."""

_NUMBERS: Final = frozenset({"short", "int", "long", "float", "double", "decimal"})


def carried(cql: str) -> Carried:
    """Say what becomes of a CQL type."""
    plain = cql.strip().lower()
    while plain.startswith("frozen<") and plain.endswith(">"):
        plain = plain[len("frozen<") : -1]
    if NESTED.match(plain):
        return Carried("OTHER", TEXT, _NESTED)
    if plain.startswith("tuple<"):
        return Carried("OTHER", TEXT, _OBJECT)
    return TYPES.get(plain, Carried("OTHER", TEXT, _UNKNOWN))


def target(came: Carried, lake: str) -> str:
    """Name the type that ApplyMapping casts to: the plan's, where that can be had of what came.

    Args:
        came: What arrives.
        lake: The plan's Iceberg type of the column.
    """
    wanted = lake if lake.startswith("decimal(") else SIMPLE.get(lake, "")
    wanted = wanted.replace(" ", "")
    if not wanted or (came.glue == TEXT and came.loss and wanted != TEXT):
        return TEXT
    return wanted


def casts(came: Carried, to: str) -> bool:
    """Tell whether Glue can make the one of the other: what it cannot becomes null, without a word."""
    base = to.partition("(")[0]
    if base in {came.glue, TEXT} or (came.glue in _NUMBERS and base in _NUMBERS):
        return True
    return came.glue == TEXT or (came.glue, base) in {("timestamp", "date"), ("date", "timestamp")}
