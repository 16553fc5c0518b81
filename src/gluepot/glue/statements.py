"""What a table's record says of the table outside the fields that Glue has for it: where it lies, what it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gluepot.glue.icebergschema import metadata_location, metadata_of
from gluepot.glue.jsonaccess import record_at, text_at

if TYPE_CHECKING:
    from gluepot.glue.jsonaccess import Record
    from gluepot.glue.views import View

LOCATION: Final = "StorageDescriptor.Location"
PLACEHOLDER: Final = "-__PLACEHOLDER__"
"""How the Location ends that Spark makes up for Hive's sake (`HiveExternalCatalog` in Apache Spark)."""

MARKERS: Final = frozenset({"presto view", "presto materialized view"})
"""What Presto and Trino write as a view's comment, so that Hive knows it: nobody's words."""

_METADATA_FILE: Final = re.compile(r"/metadata/[^/]+\.metadata\.json(?:\.gz)?+$")


def location_of(table: Record) -> tuple[str, str]:
    """Find where a table lies, and the member of its record that says so; two empty texts where none does.

    A Location that Spark made up is none: then, and where there is none, the SerDe's `path` says it, Iceberg's
    metadata, or the place of Iceberg's metadata file (Trino's materialized views have no other).
    """
    descriptor = record_at(table, "StorageDescriptor")
    stated = text_at(descriptor, "Location")
    if stated and not stated.endswith(PLACEHOLDER):
        return stated, LOCATION
    serde = record_at(record_at(descriptor, "SerdeInfo"), "Parameters")
    places = (
        (text_at(serde, "path"), "StorageDescriptor.SerdeInfo.Parameters.path"),
        (metadata_location(metadata_of(table)), "IcebergTableMetadata.Location"),
        (_folder(text_at(record_at(table, "Parameters"), "metadata_location")), "Parameters.metadata_location"),
    )
    return next((found for found in places if found[0]), ("", ""))


def _folder(metadata_file: str) -> str:
    """Name the folder of the table whose metadata file this is, by the layout that every engine uses."""
    found = _METADATA_FILE.search(metadata_file)
    return metadata_file[: found.start()].rstrip("/") if found else ""


def description_of(table: Record, view: View | None) -> str:
    """Find what describes a table: Glue's Description, the comment in its parameters, the comment in a view's text."""
    if stated := text_at(table, "Description"):
        return stated
    comment = text_at(record_at(table, "Parameters"), "comment")
    if comment and not is_marker(comment):
        return comment
    texts = (text_at(definition.details, "comment") for definition in (view.definitions if view else ()))
    return next((text for text in texts if text), "")


def is_marker(text: str) -> bool:
    """Tell whether a text is what Presto and Trino mark views with."""
    return text.strip().lower() in MARKERS
