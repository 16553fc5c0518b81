"""What the JDBC route cannot do, said plainly, and why gluepot's own engine is the default. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gluepot.loader.jdbc.nodes import read
from gluepot.loader.jdbc.types import carried, target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.plan.table import PlannedTable


class Limit(NamedTuple):
    """One thing that this route cannot do."""

    what: str
    why: str
    native: str


LIMITS: Final = (
    Limit(
        "One Spark partition reads a whole table",
        "Glue divides a JDBC read by an integer column and bounds, WHERE c >= a AND c < b, which is no CQL. One task "
        "reads every row through one connection, whatever the number of workers; a table that outlasts the job's "
        "timeout, or one task's memory, cannot be read.",
        "reads token ranges side by side, on all cores or all executors, and splits those that take too long",
    ),
    Limit(
        "Spark asks for the schema in invalid CQL",
        "Spark's JDBC reader sends SELECT * FROM t WHERE 1=0 (SPARK-17614; adejanovski/cassandra-jdbc-wrapper#11). "
        "Spark 3.5.6 with cassandra-jdbc-wrapper 4.16.1, the driver inside Astra's, cannot read a single table of "
        "Cassandra 5: no viable alternative at input '1'. Whether a Glue job does is for you to try.",
        "reads the schema from system_schema",
    ),
    Limit(
        "What Glue does not know becomes text",
        "uuid, inet, time, duration, blob, and every list, set, map, tuple, vector and user-defined type arrive as "
        "the text that the driver prints: of a blob that is java.nio.HeapByteBuffer[pos=0 lim=2 cap=2], of a tuple "
        "DefaultTupleValue@126035, of a time the seconds without their fraction.",
        "types them exactly: lists, maps and structs of the lake, bytes as binary",
    ),
    Limit(
        "Numbers are narrowed without a word",
        "varint is read as 64 bits and decimal as decimal(38,18). A cast that does not fit gives null; nothing is "
        "counted and the job succeeds.",
        "stops, or does what the plan's policy says, and counts each value",
    ),
    Limit(
        "A run that fails half-way leaves rows behind",
        "The target appends. A second run adds every row again: there is no commit at the end, no resuming, and no "
        "replacing.",
        "stages files, commits one snapshot for each table, and goes on where it stopped",
    ),
    Limit(
        "Nothing is proven",
        "There is no count and no checksum to compare the lake with the source.",
        "hashes every token range while reading; gluepot load verify compares again, in SQL too",
    ),
    Limit(
        "No filter, no derived column, no writetime, no time to live",
        "A visual job has no step for them; writetime() and ttl() cannot be selected through it.",
        "has all of them: see the plan file",
    ),
    Limit(
        "The driver needs a way out to the internet",
        "Astra's driver calls api.astra.datastax.com for its bundle each time it connects: a job in a VPC needs NAT.",
        "fetches the bundle once, or takes it from a file",
    ),
    Limit(
        "The driver's jar is yours to get",
        "It is in no Maven repository; the build for Java 8 is the one that the walkthrough ended with, and Glue 5 "
        "runs Java 17. gluepot uploads what you name, after comparing its SHA-256.",
        "needs no jar",
    ),
)

KEPT: Final = (
    "the token or password is in Secrets Manager only: the URL holds ${user} and ${password}, arguments nothing",
    "the role may read this one secret, connector and connection, and write one database and one prefix",
    "the jar is uploaded only where its SHA-256 is the plan's, and S3 checks it once more",
)
"""What gluepot does better than the walkthrough on this route too."""


class Column(NamedTuple):
    """What becomes of one column on this route."""

    table: str
    column: str
    cql: str
    jdbc: str
    glue: str
    lake: str
    native: str
    loss: str


def columns(tables: Sequence[PlannedTable]) -> list[Column]:
    """Say what becomes of each column, and what it is on the native route."""
    found = []
    for table in tables:
        for column in read(table):
            came = carried(column.cql)
            to = target(came, column.type)
            loss = came.loss or ("arrives as text" if to == "string" and column.type != "string" else "")
            found.append(Column(table.name, column.name, column.cql, came.jdbc, came.glue, to, column.type, loss))
    return found
