"""The hash that tells whether a table or database has changed in a way that means something.

It is taken over the record's canonical JSON (members sorted) as Glue sent it, less what changes
without meaning: times, versions, pointers to table metadata, counters of crawlers and statistics.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gluepot.glue.shapes import Json, WireTable

    _Steady = Callable[[Any], dict[str, Any]]

_FIRST_MEMBERS = ("UpdateTime", "LastAccessTime", "LastAnalyzedTime", "VersionId")
VOLATILE_MEMBERS = (*_FIRST_MEMBERS, "Status")
"""Members of a table that change without meaning."""

VOLATILE_VIEW_MEMBERS = frozenset(
    {"SubObjectVersionIds", "SubObjectsStatistics", "ViewVersionId", "ViewVersionToken", "LastRefreshType"}
)
"""Members of a ViewDefinition that change with each commit to a table below, or each refresh."""

_FIRST_PARAMETERS = frozenset(
    {
        "metadata_location",
        "previous_metadata_location",
        "transient_lastDdlTime",
        # statistics, by Hive, Spark, crawlers and Glue's own tasks
        "numFiles",
        "numFilesErasureCoded",
        "numPartitions",
        "numRows",
        "rawDataSize",
        "totalSize",
        "COLUMN_STATS_ACCURATE",
        "STATS_GENERATED",
        "STATS_GENERATED_VIA_STATS_TASK",
        "averageRecordSize",
        "objectCount",
        "recordCount",
        "sizeKey",
        "last_modified_time",
        "last_modified_by",
        "CRAWL_RUN_ID",
        "crawlerLastRunTime",
        "spark.sql.statistics.numRows",
        "spark.sql.statistics.totalSize",
        # one more with every commit to an Iceberg, Hudi or Delta table
        "current-snapshot-id",
        "current-snapshot-summary",
        "current-snapshot-timestamp-ms",
        "snapshot-count",
        "last_commit_time_sync",
        "last_commit_completion_time_sync",
        "delta.lastCommitTimestamp",
        "delta.lastUpdateVersion",
    }
)
"""What the first reader left out: generations hold its hashes, so these stay as they are."""

VOLATILE_PARAMETERS = _FIRST_PARAMETERS | {
    "trino_table_metadata_info_valid_for",
    "trino_last_transaction_version",
    # dbt replaces every view each night, text and all but this the same
    "trino_query_id",
    "presto_query_id",
    # Delta tables that Iceberg can read, converted with each commit
    "converted_delta_version",
    "converted_delta_timestamp",
    # by Impala
    "impala.lastComputeStatsTime",
    "impala.events.catalogServiceId",
    "impala.events.catalogVersion",
}
"""Parameters (of tables and storage descriptors) that change without meaning. Add more with `|`: generations
of release 0.1 are compared by the rules of its time, too (`digest_of_first`)."""

VOLATILE_PREFIXES = ("spark.sql.statistics.",)
"""How further ones begin: Spark has a handful for each column."""
_sorted = msgspec.json.Encoder(order="sorted").encode


def digest_of_wire(table: WireTable) -> bytes:
    """Hash a decoded table: 16 bytes. The struct is as it was when this returns."""
    kept = table.UpdateTime, table.LastAccessTime, table.LastAnalyzedTime, table.VersionId, table.Status
    parameters, storage = table.Parameters, table.StorageDescriptor
    inner = storage.Parameters if storage else None
    # these are VOLATILE_MEMBERS; one by one, as a loop of setattr takes three times as long
    table.UpdateTime = table.LastAccessTime = table.LastAnalyzedTime = table.VersionId = table.Status = UNSET
    # no parameters, none left and none given are the same: statistics may be the first that a table ever gets
    if not parameters or _may_change(parameters):
        table.Parameters = _steady(parameters) or UNSET
    if storage and (not inner or (isinstance(inner, dict) and _may_change(inner))):
        storage.Parameters = _steady(inner) or UNSET
    try:
        return _hash(table)
    finally:
        table.UpdateTime, table.LastAccessTime, table.LastAnalyzedTime, table.VersionId, table.Status = kept
        table.Parameters = parameters
        if storage:
            storage.Parameters = inner


def _may_change(parameters: dict[str, Any]) -> bool:
    if not VOLATILE_PARAMETERS.isdisjoint(parameters):
        return True
    return any([key.startswith(VOLATILE_PREFIXES) for key in parameters])  # noqa: C419 - a list is faster


def digest_of_record(record: Json) -> bytes:
    """Hash a table or database that was decoded into dicts: the same bytes as for the struct."""
    steady = _without_volatile(record, VOLATILE_MEMBERS, _steady)
    view, iceberg = steady.get("ViewDefinition"), steady.get("IcebergTableMetadata")
    if isinstance(view, dict):
        steady["ViewDefinition"] = {key: value for key, value in view.items() if key not in VOLATILE_VIEW_MEMBERS}
    if isinstance(iceberg, dict) and isinstance(iceberg.get("Properties"), dict):
        steady["IcebergTableMetadata"] = {**iceberg, "Properties": _steady(iceberg["Properties"])}
    return _hash(steady)


def digest_of_first(record: Json) -> bytes:
    """Hash a decoded table as the first reader did, for generations that hold its hashes."""
    return _hash(_without_volatile(record, _FIRST_MEMBERS, _steady_for_first))


def _without_volatile(record: Json, members: Collection[str], steady: _Steady) -> Json:
    kept = _with_steady_parameters({key: value for key, value in record.items() if key not in members}, steady)
    storage = kept.get("StorageDescriptor")
    if isinstance(storage, dict):
        kept["StorageDescriptor"] = _with_steady_parameters(storage, steady)
    return kept


def _with_steady_parameters(holder: Json, steady: _Steady) -> Json:
    parameters = holder.get("Parameters")
    if parameters and not isinstance(parameters, dict):
        return holder
    rest = {key: value for key, value in holder.items() if key != "Parameters"}
    kept = steady(parameters)
    return {**rest, "Parameters": kept} if kept else rest


def _steady(parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - a dict, or something empty in its place
    kept = _without(parameters, VOLATILE_PARAMETERS)
    return {key: value for key, value in kept.items() if not key.startswith(VOLATILE_PREFIXES)}


def _steady_for_first(parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
    return _without(parameters, _FIRST_PARAMETERS)


def _without(parameters: Any, volatile: frozenset[str]) -> dict[str, Any]:  # noqa: ANN401 - likewise
    return {key: value for key, value in parameters.items() if key not in volatile} if parameters else {}


def _hash(value: object) -> bytes:
    return hashlib.blake2b(_sorted(value), digest_size=16).digest()
