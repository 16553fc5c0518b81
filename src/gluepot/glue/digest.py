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
    from gluepot.glue.shapes import Json, WireTable

_FIRST_MEMBERS = ("UpdateTime", "LastAccessTime", "LastAnalyzedTime", "VersionId")
VOLATILE_MEMBERS = _FIRST_MEMBERS
"""Members of a table that change without meaning."""

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

VOLATILE_PARAMETERS = _FIRST_PARAMETERS
"""Parameters (of tables and storage descriptors) that change without meaning. Add more with `|`: generations
of release 0.1 are compared by the rules of its time, too (`digest_of_first`)."""

_sorted = msgspec.json.Encoder(order="sorted").encode


def digest_of_wire(table: WireTable) -> bytes:
    """Hash a decoded table: 16 bytes. The struct is as it was when this returns."""
    kept = table.UpdateTime, table.LastAccessTime, table.LastAnalyzedTime, table.VersionId
    parameters, storage = table.Parameters, table.StorageDescriptor
    inner = storage.Parameters if storage else None
    # these are VOLATILE_MEMBERS; one by one, as a loop of setattr takes three times as long
    table.UpdateTime = table.LastAccessTime = table.LastAnalyzedTime = table.VersionId = UNSET
    # no parameters, none left and none given are the same: statistics may be the first that a table ever gets
    if not parameters or not VOLATILE_PARAMETERS.isdisjoint(parameters):
        table.Parameters = _steady(parameters) or UNSET
    if storage and (not inner or (isinstance(inner, dict) and not VOLATILE_PARAMETERS.isdisjoint(inner))):
        storage.Parameters = _steady(inner) or UNSET
    try:
        return _hash(table)
    finally:
        table.UpdateTime, table.LastAccessTime, table.LastAnalyzedTime, table.VersionId = kept
        table.Parameters = parameters
        if storage:
            storage.Parameters = inner


def digest_of_record(record: Json) -> bytes:
    """Hash a table or database that was decoded into dicts: the same bytes as for the struct."""
    return _digest(record, VOLATILE_MEMBERS, VOLATILE_PARAMETERS)


def digest_of_first(record: Json) -> bytes:
    """Hash a decoded table as the first reader did, for generations that hold its hashes."""
    return _digest(record, _FIRST_MEMBERS, _FIRST_PARAMETERS)


def _digest(record: Json, members: tuple[str, ...], parameters: frozenset[str]) -> bytes:
    kept = {key: value for key, value in record.items() if key not in members}
    steady = _with_steady_parameters(kept, parameters)
    storage = steady.get("StorageDescriptor")
    if isinstance(storage, dict):
        steady["StorageDescriptor"] = _with_steady_parameters(storage, parameters)
    return _hash(steady)


def _with_steady_parameters(holder: Json, volatile: frozenset[str]) -> Json:
    parameters = holder.get("Parameters")
    if parameters and not isinstance(parameters, dict):
        return holder
    rest = {key: value for key, value in holder.items() if key != "Parameters"}
    kept = _steady(parameters, volatile)
    return {**rest, "Parameters": kept} if kept else rest


def _steady(parameters: Any, volatile: frozenset[str] = VOLATILE_PARAMETERS) -> dict[str, Any]:  # noqa: ANN401 - a dict, or something empty in its place
    return {key: value for key, value in parameters.items() if key not in volatile} if parameters else {}


def _hash(value: object) -> bytes:
    return hashlib.blake2b(_sorted(value), digest_size=16).digest()
