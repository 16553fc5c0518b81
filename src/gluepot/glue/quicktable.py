"""The quick way from Glue's record to a table: the record stays as decoded, but for what has a field of its own."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from gluepot.glue.formats import table_format
from gluepot.glue.links import linkages_of
from gluepot.glue.texts import utc

if TYPE_CHECKING:
    from gluepot.glue.records import Table
    from gluepot.glue.shapes import WireTable

_encode = msgspec.json.encode


def fill(table: Table, record: WireTable, digest: bytes) -> Table:
    """Read a table whose record needs nothing but copying."""
    storage = record.StorageDescriptor
    location = (storage.Location if storage else None) or ""
    table.columns = (storage.Columns if storage else None) or []
    table.partition_keys = record.PartitionKeys or []
    table.tool_type = record.TableType or ""
    table.description = record.Description or ""
    table.created_at, table.updated_at = utc(record.CreateTime), utc(record.UpdateTime)
    table.created_by = record.CreatedBy or ""
    table.owner = record.Owner or ""
    table.location = location
    table.format = _quick_format(record)
    table.version = record.VersionId or ""
    table.digest = digest
    table.governed = record.IsRegisteredWithLakeFormation is True
    # one by one, as a loop of setattr takes three times as long
    record.Name = record.Description = record.Owner = record.TableType = UNSET  # type: ignore[assignment] # left out
    record.PartitionKeys = record.ViewOriginalText = record.ViewExpandedText = UNSET
    if storage:
        storage.Columns = storage.Location = UNSET
    table.attributes = _encode(record).decode()
    more = storage.AdditionalLocations if storage else None
    if location or more:
        whole = {"StorageDescriptor": {"Location": location, "AdditionalLocations": more or []}}
        table.linkages = linkages_of(table, whole, None, None)
    return table


def _quick_format(record: WireTable) -> str:
    """Name the format; the few facts that decide it repeat from table to table, so answers are kept."""
    storage, parameters = record.StorageDescriptor, record.Parameters or {}
    serde = storage.SerdeInfo if storage else None
    library = serde.get("SerializationLibrary") if isinstance(serde, dict) else None
    if record.FederatedTable:
        return table_format(msgspec.to_builtins(record)).name
    return _format_of(
        parameters.get("table_type"),
        parameters.get("spark.sql.sources.provider"),
        parameters.get("classification"),
        parameters.get("connectionType") or parameters.get("ConnectionType"),
        library if isinstance(library, str) else None,
        (storage.InputFormat or None) if storage else None,
    )


@lru_cache(maxsize=10_000)
def _format_of(*facts: Any) -> str:  # noqa: ANN401 - texts, or what a hostile record has in their place
    table_type, provider, classification, connection, serde, input_format = facts
    parameters = {
        "table_type": table_type,
        "spark.sql.sources.provider": provider,
        "classification": classification,
        "connectionType": connection,
    }
    storage = {"SerdeInfo": {"SerializationLibrary": serde}, "InputFormat": input_format}
    stated = {key: value for key, value in parameters.items() if value is not None}
    return table_format({"TableType": "TABLE", "Parameters": stated, "StorageDescriptor": storage}).name
