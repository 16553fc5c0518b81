"""A plain Parquet table: one directory of files, swapped as a whole by one UpdateTable.

Athena reads whatever lies in a table's directory, so that no file may ever be in it that no record names. Each commit
copies the recorded files into a directory of its own, within the store, and points the table at it. The directory that
the table had before stays as it is.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from gluepot.glue.lake_tables import comment
from gluepot.lake.commit import layout, marks
from gluepot.lake.commit.protocol import Visible, conflict
from gluepot.lake.commit.store import each
from gluepot.lake.types.typemap import glue_of

if TYPE_CHECKING:
    from gluepot.lake.commit.protocol import Change
    from gluepot.lake.commit.store import Store
    from gluepot.plan.table import PlannedTable

_HIVE: Final = "org.apache.hadoop.hive.ql.io.parquet"
_KEPT: Final[tuple[str, ...]] = ("Description", "Owner", "Retention")
"""What a table keeps when its rows are swapped."""


class HiveFormat:
    """One load of a Parquet table.

    Args:
        store: The table's location.
        change: What the load does.
    """

    def __init__(self, store: Store, change: Change) -> None:
        self.account = store.account
        self.change = change
        self._store = store
        self._folder = f"{layout.data_folder(change.load.load_id)}/{secrets.token_hex(8)}"
        self._copies = {file.key: f"{self._folder}/{file.key.rpartition('/')[2]}" for file in change.files}
        self._is_copied = False

    def read(self) -> dict[str, Any] | None:
        """Read the table as Glue has it."""
        return self.account.glue.table(self.change.load.database, self.change.table.name)

    def found(self, there: dict[str, Any] | None) -> Visible | None:
        """Find the load's files in the table; none where a later load replaced it."""
        parameters = _parameters(there)
        load_id = self.change.load.load_id
        if marks.snapshot_of(parameters, load_id) is None:
            return None
        if parameters.get(marks.LOAD_ID) != load_id:
            return Visible(snapshot_id=0, keys=(), ours=False)
        folder = location_of(there).removeprefix(f"{self._store.location}/")
        keys = tuple(file.key for file in self._store.list(folder))
        return Visible(snapshot_id=0, keys=keys, ours=folder == self._folder)

    def check_base(self, there: dict[str, Any] | None) -> None:
        """Look whether the table still points where it did when the load began."""
        check_base(there, self.change)

    def send(self, there: dict[str, Any] | None) -> Visible | None:
        """Point the table at the directory, once."""
        self._copy()
        given = table_input(self._store.url(self._folder), self.change, there)
        database, glue = self.change.load.database, self.account.glue
        if there is None:
            is_sent = glue.create_table(database, given)
        else:
            is_sent = glue.update_table(database, given, str(there.get("VersionId", "")))
        return Visible(snapshot_id=0, keys=tuple(self._copies.values()), ours=True) if is_sent else None

    def discard(self) -> None:
        """Remove the directory: no table points at it."""
        if self._is_copied:
            self._store.remove([found.key for found in self._store.list(self._folder)])

    def _copy(self) -> None:
        if not self._is_copied:
            each(lambda key: self._store.copy(key, self._copies[key]), list(self._copies))
            self._is_copied = True


def check_base(there: dict[str, Any] | None, change: Change) -> None:
    """Look whether the table still points where it did when the load began; other changes to it do not matter.

    Raises:
        ConflictError: It does not.
    """
    base = change.load.base
    before, now = base.location if base else "", location_of(there)
    if before == now:
        return
    if not now:
        why = f"table {change.table.name} was dropped since"
    elif not before:
        why = f"table {change.table.name} was created since, by {_who(there)}"
    else:
        why = f"table {change.table.name} was changed since, by {_who(there)}: it lies at {now} now"
    raise conflict(change, why)


def _who(there: dict[str, Any] | None) -> str:
    load = _parameters(there).get(marks.LOAD_ID)
    return f"load {load}" if load else "something else than gluepot"


def table_input(location: str, change: Change, there: dict[str, Any] | None) -> dict[str, Any]:
    """Build the table as Glue takes it.

    Args:
        location: The directory that it is to point at.
        change: The load.
        there: The table as Glue has it; None for a new one.
    """
    kept = {key: there[key] for key in _KEPT if there and key in there}
    parameters = {
        **_parameters(there),
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "parquet.compression": "ZSTD",
        **marks.properties(_parameters(there), change.table, change.load.load_id, 0),
    }
    return {
        **kept,
        "Name": change.table.name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": columns(change.table),
            "Location": f"{location}/",
            "InputFormat": f"{_HIVE}.MapredParquetInputFormat",
            "OutputFormat": f"{_HIVE}.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": f"{_HIVE}.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1"},
            },
        },
    }


def columns(table: PlannedTable) -> list[dict[str, Any]]:
    """Build the columns as Glue takes them."""
    originals = marks.originals(table)
    return [
        {
            "Name": column.name,
            "Type": glue_of(column.type),
            "Parameters": originals[column.name],
            **({"Comment": comment(column.comment)} if column.comment else {}),
        }
        for column in table.columns
    ]


def location_of(there: dict[str, Any] | None) -> str:
    """Give the directory that a table points at, without a slash at its end; empty where there is no table."""
    return str(there.get("StorageDescriptor", {}).get("Location", "")).rstrip("/") if there else ""


def _parameters(there: dict[str, Any] | None) -> dict[str, str]:
    return (there or {}).get("Parameters") or {}
