"""The format of a table's data, from the many places in which its writers leave it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.jsonaccess import record_at, text_at
from gluepot.glue.views import is_view

if TYPE_CHECKING:
    from gluepot.glue.jsonaccess import Record

_PARAMETERS: Final = (
    "table_type",
    "spark.sql.sources.provider",
    "classification",
    "connectionType",
    "ConnectionType",
    "connectionName",
)
_TABLE_FORMATS: Final = ("iceberg", "hudi", "delta")
_SAME: Final = {  # other spellings of one format
    "orcfile": "orc",
    "textfile": "text",
    "deltalake": "delta",
    "delta_lake": "delta",
    "org.apache.hudi": "hudi",
    "libsvm": "text",
    "jsonl": "json",
    "ndjson": "json",
    "tsv": "csv",
}
_KNOWN: Final = frozenset(
    {"parquet", "orc", "avro", "csv", "json", "text", "ion", "regex", "grok", "xml", "bson", "protobuf"}
)
_SAYS_NOTHING: Final = frozenset({"", "unknown", "hive"})
# Parts of the class names of SerDes and input formats, in lower case; the first that is found names the format,
# so those whose names contain another's stand before it.
_CLASSES: Final = (
    ("iceberg", "iceberg"),
    ("hudi", "hudi"),
    ("hoodie", "hudi"),
    ("delta", "delta"),
    ("parquet", "parquet"),
    (".orc", "orc"),  # the dot, because there is Salesforce
    ("avro", "avro"),
    ("opencsv", "csv"),
    ("csv", "csv"),
    ("grok", "grok"),
    ("cloudtrail", "json"),
    ("json", "json"),
    ("ionhive", "ion"),
    ("ioninput", "ion"),
    ("regex", "regex"),
    ("xml", "xml"),
    ("protobuf", "protobuf"),
    ("dynamodb", "dynamodb"),
    ("hbase", "hbase"),
    ("jdbc", "jdbc"),
    ("kafka", "kafka"),
    ("kinesis", "kinesis"),
    ("lazysimple", "text"),
    ("multidelimit", "text"),
    ("columnarserde", "rcfile"),  # LazyBinaryColumnarSerDe, too
    ("lazybinary", "sequencefile"),
    ("rcfile", "rcfile"),
    ("sequencefile", "sequencefile"),
    ("textinput", "text"),
)


class Format(msgspec.Struct, frozen=True):
    """What a table's data is stored as.

    Args:
        name: In lower case: `iceberg`, `parquet`, `csv`, `view`, `mysql`, ...; empty where nothing tells.
        evidence: The key in Glue's record that says so.
    """

    name: str = ""
    evidence: str = ""


def table_format(table: Record) -> Format:
    """Name the format of a table.

    Table formats (Iceberg, Hudi, Delta) come before the files that they are made of, statements of writers before
    what the SerDe suggests, and a classification that is none of ours (a crawler's own, a database's) comes last
    but for the kind of connection.

    Args:
        table: A table as in Glue's JSON; keys may be missing, null or of a wrong type.
    """
    if is_view(table):
        return Format("view", "TableType")
    parameters = record_at(table, "Parameters")
    descriptor = record_at(table, "StorageDescriptor")
    return _decide(
        tuple([text_at(parameters, key) for key in _PARAMETERS]),
        text_at(record_at(descriptor, "SerdeInfo"), "SerializationLibrary"),
        text_at(descriptor, "InputFormat"),
        text_at(record_at(table, "FederatedTable"), "ConnectionType"),
    )


@functools.lru_cache(maxsize=4096)  # a catalog repeats a handful of combinations for all of its tables
def _decide(parameters: tuple[str, ...], serde: str, input_format: str, federation: str) -> Format:
    """Weigh all traces of a format; `parameters` are the values of `_PARAMETERS`."""
    table_type, provider, classification, *connection = parameters
    stated = _stated(table_type, provider, classification)
    by_class = _by_class(serde, input_format)
    federated = _by_federation(federation)
    ranked = (
        *(candidate for candidate in (*stated, *by_class, federated) if candidate.name in _TABLE_FORMATS),
        *(candidate for candidate in stated if candidate.name in _KNOWN),
        *by_class,
        *stated,
        federated,
        *_by_connection(*connection),
    )
    return next((candidate for candidate in ranked if candidate.name), Format())


def _stated(table_type: str, provider: str, classification: str) -> list[Format]:
    """List what writers state outright, in the order of their trustworthiness, in our spelling."""
    found = [
        Format(_spelt(table_type), "Parameters.table_type"),
        Format(_spelt(provider), "Parameters.spark.sql.sources.provider"),
        Format(_spelt(classification), "Parameters.classification"),
    ]
    if found[0].name not in _TABLE_FORMATS:  # only table formats are stated there
        del found[0]
    return [candidate for candidate in found if candidate.name not in _SAYS_NOTHING]


def _spelt(name: str) -> str:
    lowered = name.strip().lower()
    return _SAME.get(lowered, lowered)


def _by_class(serde: str, input_format: str) -> tuple[Format, Format]:
    """Guess from class names, which hold the name of the format in some way; the SerDe is asked first."""
    return (
        Format(_of_class(serde), "StorageDescriptor.SerdeInfo.SerializationLibrary"),
        Format(_of_class(input_format), "StorageDescriptor.InputFormat"),
    )


def _of_class(name: str) -> str:
    lowered = name.lower()
    return next((found for part, found in _CLASSES if part in lowered), "")


def _by_federation(kind: str) -> Format:
    """Take the kind of the connection to a federated source; S3 Tables hold nothing but Iceberg."""
    name = kind.strip().lower().removeprefix("aws:")
    return Format("iceberg" if name == "s3tables" else name, "FederatedTable.ConnectionType")


def _by_connection(lower: str, upper: str, name: str) -> tuple[Format, ...]:
    return (
        Format(lower.strip().lower(), "Parameters.connectionType"),
        Format(upper.strip().lower(), "Parameters.ConnectionType"),
        Format("jdbc" if name.strip() else "", "Parameters.connectionName"),
    )
