"""What DuckDB and Arrow say of a query, in gluepot's errors, with the place in the SQL that they mean."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa

from gluepot.errors import ConfigError, GluepotError, LakeError
from gluepot.lake.commit.errors import is_read_error, read_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.lake.read.snapshots import Readable

_LINE: Final = re.compile(r"\n+LINE (\d+): (.*)\n( *)\^[\^ ]*", re.DOTALL)
"""Where DuckDB draws a line of the SQL and carets below the place that it means."""

_DUPLICATE: Final = "contains duplicate key"
"""What DuckDB says of a map of Arrow's that it cannot hold."""


@contextlib.contextmanager
def mapped_errors(tables: Sequence[Readable] = ()) -> Iterator[None]:
    """Turn what DuckDB says into gluepot's errors, with the place in the SQL that it means."""
    try:
        yield
    except GluepotError:
        raise
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise _error(error, tables) from error


def _error(error: Exception, tables: Sequence[Readable]) -> GluepotError:
    kind, said = type(error), str(error)
    if is_read_error(said):
        return read_error(error, ", ".join(f"{table.database}.{table.name}" for table in tables) or "a table")
    if _DUPLICATE in said:
        return _duplicate(tables)
    why = _LINE.sub(_placed, re.sub(r"^[A-Z][\w ]*? Error: ", "", said)).strip()
    if issubclass(kind, duckdb.ParserException):
        return ConfigError("the SQL has a syntax error", why, "the SQL is DuckDB's: duckdb.org/docs/sql/introduction")
    if issubclass(kind, duckdb.PermissionException):
        return ConfigError("the SQL reaches beyond the tables", why, "query reads tables of the Glue catalog only")
    if issubclass(kind, duckdb.OutOfMemoryException):
        return LakeError("the query needs more memory than there is", why, "read fewer columns or rows")
    return ConfigError("the SQL cannot be run", why)


def _duplicate(tables: Sequence[Readable]) -> ConfigError:
    """Say which maps DuckDB cannot hold: to it -0.0 and 0.0 are one key."""
    maps = [
        (f"{table.database}.{table.name}.{field.name}", any(pa.types.is_floating(key) for key in keys))
        for table in tables
        for field in table.dataset.schema
        if (keys := list(_keys(field.type)))
    ]
    suspects = [name for name, floats in maps if floats] or [name for name, _ in maps]
    return ConfigError(
        f"a map in {' or '.join(suspects)} has a key twice",
        "DuckDB takes -0.0 and 0.0 for one key, and holds no such map",
        "leave the column out, or run it in Athena: gluepot query --athena",
    )


def _keys(kind: Any) -> Iterator[Any]:  # noqa: ANN401 - the stubs know types one by one only
    """Give the types of keys of maps in a type, at any depth."""
    if pa.types.is_map(kind):
        yield kind.key_type
    if pa.types.is_nested(kind):
        for at in range(kind.num_fields):
            yield from _keys(kind.field(at).type)


def _placed(found: re.Match[str]) -> str:
    """Write the line that DuckDB draws with its carets as one that survives being wrapped."""
    number, line, indent = found.groups()
    place = len(indent) - len(f"LINE {number}: ")
    return (
        f"\nline {number}: {line[:place]}>>>{line[place:]}" if 0 <= place <= len(line) else f"\nline {number}: {line}"
    )
