"""A loaded table as the catalog and its load's own records describe it: no plan and no source are asked.

What verifies in SQL needs no more: which columns there are and in which order they were hashed, which of them are the
key, and the rows and checksum of each token range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.errors import ConfigError, LakeError
from gluepot.lake.commit import hive, layout, marks
from gluepot.lake.commit.layout import LoadRecord
from gluepot.lake.commit.records import finished
from gluepot.lake.commit.store import Store
from gluepot.lake.read.snapshots import Catalog
from gluepot.lake.types.typetext import LakeType, parse
from gluepot.plan.table import PlannedColumn, PlannedTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gluepot.lake.commit.lake import Lake
    from gluepot.plan.records import Part

_STATIC: Final = " (static)"


@dataclass(frozen=True, slots=True)
class Described:
    """A loaded table, described.

    Args:
        table: As its plan had it; of loads of earlier versions as far as readers need to know, and estimates are 0.
        load_id: The load that it holds, or the last one that was added to it.
        parts: That load's token ranges, in ring order, with their rows and checksums.
    """

    table: PlannedTable
    load_id: str
    parts: tuple[Part, ...]

    @property
    def added(self) -> str:
        """Where the load's files lie, if there are rows of other loads beside them; empty if there are none."""
        folder = f"{self.table.location}/{layout.data_folder(self.load_id)}/"
        return folder if self.table.mode == "append" else ""


def loaded(lake: Lake) -> Iterator[dict[str, Any]]:
    """Give the tables of a database that gluepot loaded, as Glue has them.

    Raises:
        ConfigError: There is no such database.
        ScopeError: Glue refused.
    """
    for name in Catalog.of(lake.account).tables(lake.database):
        found = lake.account.glue.table(lake.database, name)
        if found and marks.is_ours(found.get("Parameters") or {}):
            yield found


def source_of(glue: Mapping[str, Any]) -> str:
    """Name the table in Cassandra that a loaded table was."""
    return str((glue.get("Parameters") or {}).get(marks.SOURCE, "")).removesuffix(_STATIC)


def of(lake: Lake, name: str) -> Described:
    """Describe a table by its name.

    Raises:
        ConfigError: It is not there, or gluepot did not load it.
        LakeError: The records of its load are not there any more.
    """
    glue = lake.account.glue.table(lake.database, name)
    if glue is None:
        raise ConfigError(
            f"there is no table {lake.database}.{name}", "it was never loaded", "gluepot load run loads it"
        )
    if not marks.is_ours(glue.get("Parameters") or {}):
        raise ConfigError(
            f"table {lake.database}.{name} was not loaded by gluepot", "", "give it another name in the plan"
        )
    return described(lake, glue)


def described(lake: Lake, glue: Mapping[str, Any]) -> Described:
    """Describe a loaded table.

    Args:
        lake: Where it is.
        glue: The table as Glue has it.

    Raises:
        LakeError: The records of its load are not there any more.
    """
    parameters = glue["Parameters"]
    load_id = parameters[marks.LOAD_ID]
    location = location_of(glue)
    store = Store(lake.account, location)
    record = store.read(layout.load_key(load_id), LoadRecord)
    ranges = finished(store, load_id) if record is not None else {}
    if record is None or not ranges:
        where = f"{location}/{layout.OWN}/{load_id}"
        raise LakeError(f"the records of load {load_id} are gone", f"nothing is at {where}", "load the table anew")
    parts = [part for one in ranges.values() for part in one.parts]
    table = record.plan or PlannedTable(
        source=source_of(glue),
        source_id="",
        name=glue["Name"],
        location=location,
        columns=_columns(parameters[marks.COLUMNS], record.schema),
        format=record.format,
        mode=record.mode,
        part="static" if parameters.get(marks.SOURCE, "").endswith(_STATIC) else "rows",
    )
    table = msgspec.structs.replace(table, location=location)
    return Described(table, load_id, tuple(sorted(parts, key=lambda part: part.end)))


def location_of(glue: Mapping[str, Any]) -> str:
    """Give a loaded table's own location: a plain Parquet table points at a directory of its load below that."""
    parameters = glue.get("Parameters") or {}
    folder = f"/{layout.data_folder(parameters.get(marks.LOAD_ID, ''))}/"
    return hive.location_of(dict(glue)).partition(folder)[0]


def _columns(text: str, schema: Mapping[str, Any]) -> tuple[PlannedColumn, ...]:
    """Read the columns in the order of the plan, which is that of the checksum; the table may have others beside."""
    kinds = {field["name"]: field["type"] for field in schema["fields"]}
    columns: dict[str, dict[str, Any]] = msgspec.json.decode(text)
    return tuple(
        PlannedColumn(
            name=name,
            type=original.get("lake") or str(_type(kinds[name])),
            role=original.get("role", "regular"),
            source=original.get("source", ""),
            cql=original.get("type", ""),
            policy=original.get("policy", "error"),
            expression=original.get("expression", ""),
            cast=original.get("cast", ""),
            masked=original.get("masked", ""),
        )
        for name, original in columns.items()
    )


def _type(kind: Any) -> LakeType:  # noqa: ANN401 - Iceberg's JSON
    """Read a type of Iceberg's JSON: https://iceberg.apache.org/spec/#schemas."""
    if isinstance(kind, str):
        return parse(kind)
    match kind["type"]:
        case "list":
            return LakeType("list", (_type(kind["element"]),))
        case "map":
            return LakeType("map", (_type(kind["key"]), _type(kind["value"])))
    fields = kind["fields"]
    return LakeType("struct", tuple(_type(field["type"]) for field in fields), tuple(field["name"] for field in fields))
