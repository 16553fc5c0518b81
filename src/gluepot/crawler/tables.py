"""The tables of a database before a crawl and after it, and what has become of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gluepot.aws.lenientjson import loads
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gluepot.aws.clients import Clients

UPDATED: Final = "UPDATED_BY_CRAWLER"
DEPRECATED: Final = "DEPRECATED_BY_CRAWLER"
"""Parameters that crawlers write to tables."""

Columns = dict[str, str]
"""Name -> type."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, as far as crawlers are concerned."""

    name: str
    version: str
    columns: Columns
    keys: Columns
    location: str
    format: str
    crawler: str
    is_deprecated: bool

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Table:
        """Read Glue's record."""
        storage = record.get("StorageDescriptor") or {}
        parameters = record.get("Parameters") or {}
        return cls(
            name=str(record["Name"]),
            version=str(record.get("VersionId", "")),
            columns=_columns(storage.get("Columns")),
            keys=_columns(record.get("PartitionKeys")),
            location=str(storage.get("Location", "")),
            format=str(parameters.get("classification", "")),
            crawler=str(parameters.get(UPDATED, "")),
            is_deprecated=DEPRECATED in parameters,
        )


@dataclass(frozen=True, slots=True)
class TableChange:
    """What a crawl did to one table.

    Args:
        table: The table, as it is; one that is gone as it was.
        change: `updated` has other columns, location or format; `touched` only other statistics; `extended` only new
            partitions.
        added: New columns, with their types; partition keys among them.
        dropped: Columns that are gone.
        retyped: Column -> its type before and after.
        partitions: Partitions that were added.
    """

    table: Table
    change: Literal["created", "updated", "touched", "extended", "deprecated", "deleted"]
    added: Columns
    dropped: tuple[str, ...] = ()
    retyped: Mapping[str, tuple[str, str]] | None = None
    partitions: int = 0


def tables(clients: Clients, database: str) -> dict[str, Table]:
    """Read the tables of a database.

    Raises:
        ConfigError: There is no such database.
        ScopeError: Glue refuses; what is missing is named.
    """
    found: dict[str, Table] = {}
    given: dict[str, Any] = {"DatabaseName": database}
    while True:
        page = clients.find("glue", "GetTables", clients.arn("glue", f"table/{database}/*"), **given)
        if page is None:
            hint = "make it with: gluepot crawler apply"
            raise ConfigError(f"there is no database {database} in the Glue catalog", "", hint)
        read = loads(page["Body"])  # listings are handed on as they came
        found.update((str(record["Name"]), Table.of(record)) for record in read["TableList"])
        if not read.get("NextToken"):
            return found
        given["NextToken"] = read["NextToken"]


def changes(
    before: Mapping[str, Table], after: Mapping[str, Table], partitions: Mapping[str, int], crawler: str
) -> list[TableChange]:
    """Compare; what others did to the database meanwhile is left out, as far as records tell.

    Args:
        before: Tables by name, before the crawl.
        after: Tables after it.
        partitions: Table -> partitions that the crawl added, as it says.
        crawler: Its name: tables that it writes carry it.
    """
    made = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if (new or old) and crawler == (new or old).crawler:  # type: ignore[union-attr] # one of them is there
            change = _change(old, new, partitions.get(name, 0))
            made += [change] if change else []
    return made


def _change(old: Table | None, new: Table | None, partitions: int) -> TableChange | None:
    if new is None:
        return TableChange(old, "deleted", {}) if old else None
    if old is None:
        return TableChange(new, "created", {**new.columns, **new.keys}, partitions=partitions)
    if new.is_deprecated and not old.is_deprecated:
        return TableChange(new, "deprecated", {})
    was, now = {**old.columns, **old.keys}, {**new.columns, **new.keys}
    added = {name: kind for name, kind in now.items() if name not in was}
    dropped = tuple(name for name in was if name not in now)
    retyped = {name: (was[name], kind) for name, kind in now.items() if was.get(name, kind) != kind}
    moved = (old.location, old.format) != (new.location, new.format)
    if added or dropped or retyped or moved:
        return TableChange(new, "updated", added, dropped, retyped, partitions)
    if partitions:
        return TableChange(new, "extended", {}, partitions=partitions)
    return TableChange(new, "touched", {}) if old.version != new.version else None


def _columns(listed: Any) -> Columns:  # noqa: ANN401 - Glue's own list, or nothing
    return {str(column["Name"]): str(column.get("Type", "")) for column in listed or ()}
