"""What the JDBC route refuses: an option that it cannot honour stops it at once, and is never passed over."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import ConfigError
from gluepot.loader.jdbc.types import carried, casts, target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.plan.table import PlannedColumn, PlannedTable

NATIVE: Final = "or leave route out: gluepot's own reader does it; see gluepot explain jdbc"
CHUNK: Final = 1 << 20


def check_jar(file: PlanFile) -> None:
    """Compare the jar on this machine with the checksum of the plan.

    Raises:
        ConfigError: It is not there, or is another one.
    """
    if file.jdbc is None:
        raise ConfigError("the plan file has no section [jdbc]", "the JDBC route needs the driver's jar", NATIVE)
    jar = Path(file.jdbc.jar)
    found = digest(jar)
    if found != file.jdbc.sha256.lower():
        why = f"its SHA-256 is {found}, and the plan file says {file.jdbc.sha256.lower()}"
        hint = "get it again from where its makers publish it, and compare with what they say; nothing was uploaded"
        raise ConfigError(f"the jar {jar} is not the one that the plan names", why, hint)


def digest(path: Path) -> str:
    """Give the SHA-256 of a file, as hex digits.

    Raises:
        ConfigError: It cannot be read.
    """
    made = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                made.update(chunk)
    except FileNotFoundError:
        hint = "download the driver to this machine, and name its path as jar in section [jdbc]"
        raise ConfigError(
            f"there is no jar {path}", "the JDBC route uploads the driver from this machine", hint
        ) from None
    except OSError as error:
        raise ConfigError(f"the jar {path} cannot be read", error.strerror or str(error)) from error
    return made.hexdigest()


def refusals(file: PlanFile, tables: Sequence[PlannedTable]) -> list[str]:
    """List what the plan asks for and this route cannot do, each named with its place."""
    found = [line for table in tables for line in _table(file, table)]
    if not tables:
        found.append("no table of the source is chosen")
    return found


def raise_refusals(file: PlanFile, tables: Sequence[PlannedTable]) -> None:
    """Raise one error for all of them.

    Raises:
        ConfigError: There is one.
    """
    found = refusals(file, tables)
    if found:
        lines = "".join(f"\n  - {line}" for line in found)
        what = f"the JDBC route cannot do what the plan asks for: {len(found)} to mend"
        raise ConfigError(what, lines, f"mend these, {NATIVE}")


def _table(file: PlanFile, table: PlannedTable) -> Iterator[str]:
    given: Any = file.of(table.source)
    at = f"table.{table.source}"
    if (given.mode or file.target.mode) == "replace":
        yield f'{table.source}: every run adds its rows to those there; say mode = "append"'
    for key in ("filter", "derive", "writetime", "ttl", "expires_at", "policy"):
        if getattr(given, key):
            yield f"{at}.{key}: a visual job has no such step"
    if table.part == "static" or given.static == "split":
        yield f"{at}.static: columns cannot be split into two tables"
    for field in table.partition:
        if field.transform != "identity" or table.format == "iceberg":
            yield f"{at}.partition: {field.transform} of {field.column} cannot be written"
    for column in table.columns:
        yield from _column(at, column)


def _column(at: str, column: PlannedColumn) -> Iterator[str]:
    came = carried(column.cql)
    to = target(came, column.type)
    if column.cast and not casts(came, to):
        yield f"{at}.cast.{column.source}: Glue makes no {to} of a {came.glue}, and would write null"
    if column.cast and to == "string" and column.type != "string":
        yield f"{at}.cast.{column.source}: {came.loss}; it cannot become {column.cast}"
