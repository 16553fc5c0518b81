"""Athena's SQL as DuckDB's: what sqlglot does not know of Trino's dialect is put right on its tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from gluepot_sandbox.aws.answers import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator

READING: Final = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery)
PATH: Final = "$path"
"""Trino's hidden column: the file that a row is in."""


@dataclass(frozen=True, slots=True)
class Named:
    """A table that a statement reads.

    Args:
        database: Its database; empty for the one of the context.
        name: Its name.
        alias: What the translated SQL calls it.
        snapshot_id: FOR VERSION AS OF; 0 for the current state.
        catalog: As it was named; empty where it was not.
    """

    database: str
    name: str
    alias: str
    snapshot_id: int = 0
    catalog: str = ""


@dataclass(frozen=True, slots=True)
class Translated:
    """A statement for DuckDB.

    Args:
        sql: It.
        tables: What it reads; each is to be a view of its alias's name.
        asks_path: Whether it asks for the files of rows.
    """

    sql: str
    tables: tuple[Named, ...]
    asks_path: bool


def parse(sql: str) -> exp.Expression:
    """Read one statement.

    Raises:
        RefusalError: It is none, as Athena words it.
    """
    try:
        found = [statement for statement in sqlglot.parse(sql, read="trino") if statement is not None]
    except SqlglotError as error:
        raise RefusalError("InvalidRequestException", _where(error)) from None
    if len(found) != 1:
        raise RefusalError("InvalidRequestException", f"Only one sql statement is allowed. Got: {sql}")
    return found[0]  # type: ignore[return-value] # sqlglot types statements by their common base


def _where(error: SqlglotError) -> str:
    known = getattr(error, "errors", None) or [{}]
    line, column, near = (known[0].get(name) for name in ("line", "col", "highlight"))
    return f"line {line or 1}:{column or 1}: mismatched input '{near or ''}'. Expecting: <expression>"


def translate(tree: exp.Expression) -> Translated:
    """Write a statement that reads for DuckDB."""
    tree = tree.copy()
    asks_path = any(column.name == PATH for column in tree.find_all(exp.Column))
    tables = tuple(_tables(tree))
    while (
        call := next(
            (function for function in tree.find_all(exp.Anonymous) if function.name.lower() == "zip_with"), None
        )
    ) is not None:
        call.replace(_zip_with(call))  # one by one: they stand within each other
    for reduced in tree.find_all(exp.Reduce):
        reduced.set("finish", None)  # DuckDB's has none, and statements here end with what they have
    for cast in list(tree.find_all(exp.Cast)):
        if cast.to.is_type("varchar", "text"):
            cast.replace(_time_text(cast.this) if _is_time(cast.this) else _text(cast.this))
    return Translated(tree.sql("duckdb"), tables, asks_path)


def _tables(tree: exp.Expression) -> Iterator[Named]:
    """Give every table another name, so that databases, versions and aliases do not meet in DuckDB."""
    own = {query.alias_or_name.lower() for query in tree.find_all(exp.CTE)}
    for number, table in enumerate(list(tree.find_all(exp.Table))):
        if not isinstance(table.this, exp.Identifier) or (not table.db and table.name.lower() in own):
            continue
        alias = f"gluepot table {number}"
        version = table.args.get("version")
        snapshot = int(version.expression.name) if version is not None and version.name.upper() == "VERSION" else 0
        yield Named(table.db.lower(), table.name.lower(), alias, snapshot, table.catalog.lower())
        shown = table.alias or table.name
        plain = exp.Table(this=exp.to_identifier(alias, quoted=True))
        table.replace(exp.alias_(plain, shown, table=True, quoted=True))


def _zip_with(call: exp.Anonymous) -> exp.Expression:
    """Write `zip_with(a, b, (x, y) -> f)` as a transformation of pairs."""
    left, right, function = call.expressions
    names = [expression.name for expression in function.expressions]
    pair = f"pair_{'_'.join(names)}"
    body = exp.Paren(this=function.this.copy())
    for found in list(body.find_all(exp.Identifier)):
        if found.name in names:
            # sqlglot counts from nought here, and writes what DuckDB counts from one
            place = exp.Literal.number(names.index(found.name))
            found.replace(exp.Bracket(this=exp.to_identifier(pair), expressions=[place]))
    pairs = exp.Anonymous(this="list_zip", expressions=[left.copy(), right.copy()])
    return exp.Transform(this=pairs, expression=exp.Lambda(this=body, expressions=[exp.to_identifier(pair)]))


def _is_time(inner: exp.Expression) -> bool:
    return isinstance(inner, exp.Cast) and inner.to.is_type("timestamp")


def _text(inner: exp.Expression) -> exp.Expression:
    """Write a value as text: Trino's decimals begin with a nought where there is nothing before the point."""
    return exp.Anonymous(this="trino_text", expressions=[inner.copy()])


def _time_text(inner: exp.Expression) -> exp.Expression:
    """Write a time as text, with as many digits as Trino writes of its precision."""
    form = exp.Literal.string("%Y-%m-%d %H:%M:%S.%f")
    return exp.Anonymous(this="strftime", expressions=[inner.copy(), form])
