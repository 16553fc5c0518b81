"""The format of a table's data, from the many places in which its writers leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.glue.loose import record_at, text_at
from gluepot.glue.views import is_view

if TYPE_CHECKING:
    from gluepot.glue.loose import Record

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
    ("lazybinary", "sequencefile"),
    ("columnarserde", "rcfile"),
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
    stated = _stated(parameters)
    by_class = _by_class(record_at(table, "StorageDescriptor"))
    ranked = (
        *(candidate for candidate in (*stated, by_class) if candidate.name in _TABLE_FORMATS),
        _by_federation(table, "aws:s3tables"),
        *(candidate for candidate in stated if candidate.name in _KNOWN),
        by_class,
        *stated,
        _by_federation(table),
        _by_connection(parameters),
    )
    return next((candidate for candidate in ranked if candidate.name), Format())


def _stated(parameters: Record) -> list[Format]:
    """List what writers state outright, in the order of their trustworthiness, in our spelling."""
    found = []
    for key in ("table_type", "spark.sql.sources.provider", "classification"):
        name = text_at(parameters, key).strip().lower()
        name = _SAME.get(name, name)
        if name not in _SAYS_NOTHING and (key != "table_type" or name in _TABLE_FORMATS):
            found.append(Format(name, f"Parameters.{key}"))
    return found


def _by_class(descriptor: Record) -> Format:
    """Guess from the class names of the SerDe and the input format; table formats hide in either of them."""
    places = {
        "SerdeInfo.SerializationLibrary": text_at(record_at(descriptor, "SerdeInfo"), "SerializationLibrary"),
        "InputFormat": text_at(descriptor, "InputFormat"),
    }
    guesses = [Format(_of_class(name), f"StorageDescriptor.{place}") for place, name in places.items()]
    guesses.sort(key=lambda guess: guess.name not in _TABLE_FORMATS)
    return next((guess for guess in guesses if guess.name), Format())


def _of_class(name: str) -> str:
    lowered = name.lower()
    return next((found for part, found in _CLASSES if part in lowered), "")


def _by_federation(table: Record, only: str = "") -> Format:
    """Take the kind of the connection to a federated source; S3 Tables hold nothing but Iceberg."""
    kind = text_at(record_at(table, "FederatedTable"), "ConnectionType").strip().lower()
    name = "iceberg" if kind == "aws:s3tables" else kind.removeprefix("aws:")
    return Format(name, "FederatedTable.ConnectionType") if kind and only in {"", kind} else Format()


def _by_connection(parameters: Record) -> Format:
    for key in ("connectionType", "ConnectionType"):
        if name := text_at(parameters, key).strip().lower():
            return Format(name, f"Parameters.{key}")
    return Format("jdbc", "Parameters.connectionName") if text_at(parameters, "connectionName") else Format()
