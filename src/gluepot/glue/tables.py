"""Glue's table records to `Table`: quickly for those with nothing special, carefully for the rest.

The quick way leaves the record as decoded and only blanks what has a field of its own. Views, links,
records that may hold a credential, and those whose columns need care go the careful way, over dicts.
Both give the same digest, so a table does not change by changing ways.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from gluepot.aws.arn import encode_part
from gluepot.errors import MalformedError
from gluepot.glue import quicktable
from gluepot.glue.carefultable import CarefulReader
from gluepot.glue.columns import needs_care
from gluepot.glue.digest import digest_of_first, digest_of_wire
from gluepot.glue.records import Table
from gluepot.glue.shapes import Bad, WireTable
from gluepot.glue.sparkschema import has_spark_schema
from gluepot.glue.statements import PLACEHOLDER
from gluepot.glue.texts import encodable
from gluepot.glue.types import TypeSyntaxError, parse_type
from gluepot.mask.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.glue.records import DatabaseRef
    from gluepot.glue.shapes import Json
    from gluepot.mask.credentials import Redactor

KNOWN_TYPES = 50_000
"""How many distinct type strings are remembered as parsable."""


class Tables:
    """Turns records into tables, with one redactor and one setting for the whole run.

    Args:
        redactor: Takes credentials out, always.
        mask_sql: Replaces the literals of SQL text, given the text and the dialect; None leaves them.
    """

    def __init__(self, redactor: Redactor, mask_sql: Callable[[str, str], str] | None) -> None:
        self._redactor = redactor
        self._pages = Pages(redactor.might_hold)
        self._careful = CarefulReader(redactor, mask_sql)
        self._parsable: set[str] = set()
        self.hashing = 0.0
        """Seconds that went into hashes."""

    def is_clean(self, page: bytes) -> bool:
        """Look a whole page over for credentials; if it holds none, its tables need not be asked one by one."""
        return not self._pages.might_hold(page)

    def table(self, place: DatabaseRef, raw: bytes, record: WireTable | Json | Bad, *, clean: bool) -> Table:
        """Turn one record of a listing into a table.

        Args:
            place: The database that it was listed in.
            raw: The record's own JSON.
            record: The record, decoded.
            clean: Whether its page was looked over and holds no credential.

        Raises:
            MalformedError: It is no table that could be written down.
        """
        if isinstance(record, Bad):
            raise MalformedError(f"a table of {place.label} cannot be read", record.why, "")
        table = self.plain(place, raw, record, clean=clean)
        if table is None:
            table = self._careful.read(place, record if isinstance(record, dict) else msgspec.json.decode(raw))
            self._check_types(table)
        return table

    def is_as_the_first_read(self, raw: bytes, digest: bytes) -> bool:
        """Tell whether a record is the one of which the first reader kept this digest."""
        return digest_of_first(encodable(msgspec.json.decode(raw))[0]) == digest

    def plain(self, place: DatabaseRef, raw: bytes, record: WireTable | Json | Bad, *, clean: bool) -> Table | None:
        """Turn a record that needs no care into a table; None for any other."""
        if not isinstance(record, WireTable) or self._is_special(raw, record, clean=clean):
            return None
        began = time.perf_counter()
        digest = digest_of_wire(record)
        self.hashing += time.perf_counter() - began
        table = quicktable.fill(_blank(place, record.Name), record, digest)
        # JSON cannot hold a quote or a control character without a backslash
        table.plain = b"\\" not in raw
        self._check_types(table)
        return table

    def _is_special(self, raw: bytes, table: WireTable, *, clean: bool) -> bool:
        kind = table.TableType
        if (kind and "VIEW" in kind.upper()) or table.ViewOriginalText or table.ViewExpandedText:
            return True
        if table.TargetTable or table.ViewDefinition or table.IsMaterializedView or table.IsMultiDialectView:
            return True
        if not clean and self._redactor.might_hold(raw):
            return True
        if _says_more_elsewhere(table, raw):
            return True
        storage, keys = table.StorageDescriptor, table.PartitionKeys or []
        columns = (storage.Columns if storage else None) or []
        every = columns + keys
        return needs_care([column.Name for column in every], [column.Type for column in every], len(columns), raw)

    def _check_types(self, table: Table) -> None:
        """Warn of types that the parser does not understand; the string is kept in any case."""
        parsable = self._parsable
        every = table.columns + table.partition_keys
        if parsable.issuperset([column.Type for column in every]):
            return
        for column in every:
            text = column.Type
            if not text or text in parsable:
                continue
            try:
                parse_type(text)
            except TypeSyntaxError as error:
                table.warnings = [*table.warnings, f"the type of column {column.Name} is kept as text: {error}"]
            else:
                if len(parsable) < KNOWN_TYPES:
                    parsable.add(text)


def _says_more_elsewhere(table: WireTable, raw: bytes) -> bool:
    """Tell whether a text outside Glue's own fields may say where the table lies, what it is, or of which types."""
    storage, parameters = table.StorageDescriptor, table.Parameters or {}
    location = storage.Location if storage else None
    if table.IcebergTableMetadata or not location or location.endswith(PLACEHOLDER):
        return True
    if "comment" in parameters and not table.Description:
        return True
    # the last is RCFile, which the first reader took for a sequence file
    return has_spark_schema(parameters) or b"LazyBinaryColumnarSerDe" in raw


def _blank(place: DatabaseRef, name: str) -> Table:
    """Begin a table, its ids put together from the parts that its whole database shares."""
    dotless = name.replace(".", "_") if "." in name else name
    return Table(
        place=place,
        name=name,
        id=place.table_prefix + encode_part(name),
        path=f"{place.path}.{dotless}",
        columns=[],
        partition_keys=[],
    )
