"""SQL on loaded tables: DuckDB over Iceberg snapshots and plain Parquet tables of the Glue catalog.

Nothing is copied and nothing can be written: each table that the SQL names becomes a view of its files, of which DuckDB
asks only the columns and rows that it needs. One statement, and it reads; no extension of DuckDB is downloaded, and SQL
reaches no other file than those of the tables.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa

from gluepot.errors import ConfigError
from gluepot.host.scratch import temporary_folder
from gluepot.lake.read.snapshots import NOW, Catalog, When
from gluepot.sql.apart import apart, closed
from gluepot.sql.faults import mapped_errors
from gluepot.text import counted, did_you_mean, near

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gluepot.lake.read.snapshots import Readable
    from gluepot.loader.core.planfile import PlanFile

CATALOG: Final = "awsdatacatalog"
"""What Athena calls the Glue catalog: names may begin with it here too."""

_EXPLAIN: Final = re.compile(r"\s*explain\s+(analyze\s+)?(\([^()]*\)\s*)?", re.IGNORECASE)
_SHOW_TABLES: Final = '"tables"'
_READING: Final = "SELECT, WITH, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES and EXPLAIN are taken"


@dataclass(frozen=True, slots=True)
class Named:
    """A table as SQL names it.

    Args:
        table: Its name.
        database: Its database; empty for the one of the target.
        catalog: Its catalog; empty for the Glue catalog.
    """

    table: str
    database: str = ""
    catalog: str = ""

    def __str__(self) -> str:
        """Write it as SQL does, without quotes."""
        return ".".join(filter(None, (self.catalog, self.database, self.table)))


@dataclass(frozen=True, slots=True)
class Statement:
    """What one statement reads.

    Args:
        tables: Tables that it names, and names of its own WITH clauses.
        own: The names of its WITH clauses.
        lists: Databases of which it asks which tables there are; empty for the one of the target.
    """

    tables: tuple[Named, ...]
    own: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Running:
    """A query under way.

    Args:
        schema: Columns of the answer; names may repeat.
        batches: Its rows, read as they are asked for.
        tables: What it reads.
    """

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    tables: tuple[Readable, ...]


def query(sql: str, plan: PlanFile | Path | str, *, snapshot: int = 0, as_of: datetime | str | None = None) -> pa.Table:
    """Run one statement on the tables of a plan file's target, and give the whole answer.

    Args:
        sql: One SELECT in DuckDB's SQL, or DESCRIBE, SUMMARIZE, SHOW TABLES, EXPLAIN.
        plan: The plan file, or its path.
        snapshot: The snapshot of the one table that the SQL reads; 0 for the current one.
        as_of: The time whose state is read; without a zone it is of UTC.

    Raises:
        ConfigError: The SQL is not one reading statement, or names what is not there; or the plan file is wrong.
        DeniedError: Glue or S3 refused.
        LakeError: A table's files cannot be read.
    """
    from gluepot.loader.plan import readfile  # noqa: PLC0415 - beside its use

    file = readfile.read(plan) if isinstance(plan, str | os.PathLike) else plan
    return answer(sql, catalog_of(file), file.target.database, when_of(snapshot, as_of))


def catalog_of(file: PlanFile) -> Catalog:
    """Open the catalog of a plan file's target; nothing is called yet."""
    from gluepot.loader.core.connect import lake_of  # noqa: PLC0415 - beside its use

    return Catalog.of(lake_of(file.target).account)


def when_of(snapshot: int = 0, as_of: datetime | str | None = None) -> When:
    """Say which state is meant.

    Raises:
        ConfigError: The time is none, or both are given.
    """
    if snapshot and as_of:
        raise ConfigError("a snapshot and a time are both asked for", "", "give --snapshot or --as-of")
    if isinstance(as_of, str):
        try:
            as_of = datetime.fromisoformat(as_of.strip())
        except ValueError:
            hint = "write it as 2026-01-31, 2026-01-31T12:00:00 or 2026-01-31T12:00:00+02:00"
            raise ConfigError(f"{as_of!r} is no time", "", hint) from None
    return When(snapshot, as_of.replace(tzinfo=UTC) if as_of and not as_of.tzinfo else as_of)


def answer(sql: str, catalog: Catalog, database: str, when: When = NOW) -> pa.Table:
    """Run one statement and give the whole answer; `running` gives it batch by batch.

    Raises:
        ConfigError: The SQL is not one reading statement, or names what is not there.
        DeniedError: Glue or S3 refused.
        LakeError: A table's files cannot be read.
    """
    with running(sql, catalog, database, when) as found:
        return pa.Table.from_batches(list(found.batches), found.schema)


@contextlib.contextmanager
def running(sql: str, catalog: Catalog, database: str, when: When = NOW) -> Iterator[Running]:
    """Run one statement; the answer is read within the context, and need not be read to its end.

    Args:
        sql: One SELECT in DuckDB's SQL, or DESCRIBE, SUMMARIZE, SHOW TABLES, EXPLAIN.
        catalog: Where tables are.
        database: Where tables are that are named without a database.
        when: Which state of Iceberg tables is read.

    Raises:
        ConfigError: The SQL is not one reading statement, or names what is not there.
        DeniedError: Glue or S3 refused.
        LakeError: A table's files cannot be read.
    """
    statement = statement_of(sql)
    with temporary_folder() as folder, _duckdb(folder) as con:
        found = _registered(con, statement, catalog, database, when)
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        with mapped_errors(found):
            reader = apart(lambda: pa.RecordBatchReader.from_stream(con.sql(sql)), con.interrupt)
        try:
            yield Running(reader.schema, _read(reader, con, found), tuple(found))
        finally:
            closed(reader.close)


def statement_of(sql: str) -> Statement:
    """Find what a statement reads.

    Raises:
        ConfigError: It is not one reading statement.
    """
    kind = _kind(sql)
    nodes = list(_nodes(_parsed(_EXPLAIN.sub("", sql, count=1) if kind == "EXPLAIN" else sql)))
    if any(node.get("at_clause") for node in nodes):
        raise ConfigError("AT is not understood here", "", "use --snapshot ID or --as-of TIME")
    special = {node.get("table_name") for node in nodes if node.get("show_type") == "SHOW_SPECIAL"}
    if special - {_SHOW_TABLES}:
        raise ConfigError("this SHOW is not run", _READING)
    own = {str(entry["key"]).lower() for node in nodes for entry in (node.get("cte_map") or {}).get("map", ())}
    tables = [
        Named(node["table_name"], node.get("schema_name", ""), node.get("catalog_name", ""))
        for node in nodes
        if _is_table(node)
    ]
    listed = {node["schema_name"] for node in nodes if node.get("show_type") == "SHOW_FROM"} | (
        {""} if special else set()
    )
    return Statement(tuple(dict.fromkeys(tables)), frozenset(own), frozenset(listed))


def _is_table(node: dict[str, Any]) -> bool:
    if node.get("type") == "SHOW_REF":
        return bool(node.get("table_name")) and node.get("show_type") != "SHOW_SPECIAL"
    return node.get("type") == "BASE_TABLE"


def _kind(sql: str) -> str:
    """Name the kind of the one statement there is.

    Raises:
        ConfigError: There are none or several, or one that does not read.
    """
    with contextlib.closing(duckdb.connect()) as con, mapped_errors():
        statements = con.extract_statements(sql)
    if not statements:
        raise ConfigError("there is no SQL to run", "", 'gluepot query "SELECT ..." -c plan.toml')
    if len(statements) > 1:
        raise ConfigError(f"there are {len(statements)} statements", "one is run at a time", "run them one by one")
    kind = str(statements[0].type.name)
    if kind == "MULTI":
        raise ConfigError("PIVOT needs to be told its columns", "without them it is not one SELECT", "add IN (...)")
    if kind not in {"SELECT", "EXPLAIN"}:
        raise ConfigError(f"{kind.replace('_', ' ')} is not run: query only reads", _READING)
    return kind


def _parsed(sql: str) -> Any:  # noqa: ANN401 - DuckDB's own tree, as JSON
    with contextlib.closing(duckdb.connect()) as con:
        ((text,),) = con.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    tree = json.loads(text)
    if tree["error"]:
        raise ConfigError("the SQL cannot be run", tree["error_message"], _READING)
    return tree["statements"]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - DuckDB's own tree, as JSON
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            yield node
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)


@contextlib.contextmanager
def _duckdb(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB of our own: it downloads nothing, looks at no Python variable, and spills into a folder of ours."""
    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "temp_directory": str(folder),
        }
    )
    try:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"ATTACH ':memory:' AS {CATALOG}")
        yield con
    finally:
        closed(con.close)


def _registered(
    con: duckdb.DuckDBPyConnection, statement: Statement, catalog: Catalog, database: str, when: When
) -> list[Readable]:
    """Make a view of every table that is asked for."""
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{_quoted(database)}")
    con.execute(f"USE {CATALOG}.{_quoted(database)}")
    found: dict[tuple[str, str], Readable] = {}
    for named in statement.tables:
        may_be_missing = not named.database and named.table.lower() in statement.own
        where = named.database.lower() or database, named.table.lower()
        if where in found:
            continue
        table = _found(named, where, catalog, when)
        if table is not None:
            found[where] = table
            _view(con, table, f"gluepot table {len(found)}")
        elif not may_be_missing:
            raise _unknown(where, catalog)
    if when.snapshot_id and len(found) != 1:
        why = f"the SQL reads {len(found)} tables"
        raise ConfigError(f"snapshot {when.snapshot_id} belongs to one table", why, "use --as-of for several")
    for listed in statement.lists:
        _name_all(con, catalog, listed.lower() or database)
    return list(found.values())


def _found(named: Named, where: tuple[str, str], catalog: Catalog, when: When) -> Readable | None:
    if named.catalog.lower() not in {"", CATALOG}:
        raise ConfigError(f"there is no catalog {named.catalog}", f"tables are DATABASE.TABLE, in {CATALOG}")
    return catalog.read(*where, when)


def _view(con: duckdb.DuckDBPyConnection, table: Readable, name: str) -> None:
    con.register(name, table.dataset)
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{_quoted(table.database)}")
    view = f"{CATALOG}.{_quoted(table.database)}.{_quoted(table.name)}"
    con.execute(f"CREATE VIEW {view} AS SELECT * FROM {_quoted(name)}")  # noqa: S608 - quoted


def _name_all(con: duckdb.DuckDBPyConnection, catalog: Catalog, database: str) -> None:
    """Let DuckDB know which tables there are, for SHOW TABLES, which looks at nothing but names."""
    names = catalog.tables(database)
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{_quoted(database)}")
    for name in names:
        con.execute(f"CREATE VIEW {CATALOG}.{_quoted(database)}.{_quoted(name)} AS SELECT 1")


def _unknown(where: tuple[str, str], catalog: Catalog) -> ConfigError:
    """Say that a table is not there, and what is."""
    database, table = where
    known = catalog.databases()
    if database not in known:
        close = near(database, known)
        hint = did_you_mean(close) if close else "name a table as DATABASE.TABLE"
        return ConfigError(f"there is no database {database} in the Glue catalog", "", hint)
    names = catalog.tables(database)
    close = near(table, names) or sorted(names)[:5]
    hint = did_you_mean(close) if close else "load it first: gluepot load run -c plan.toml"
    why = f"database {database} has {counted(len(names), 'table')}"
    return ConfigError(f"there is no table {table} in database {database}", why, hint)


def _read(
    reader: pa.RecordBatchReader, con: duckdb.DuckDBPyConnection, tables: Sequence[Readable]
) -> Iterator[pa.RecordBatch]:
    while True:
        with mapped_errors(tables):
            batch = apart(lambda: next(reader, None), con.interrupt)
        if batch is None:
            return
        yield batch


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
