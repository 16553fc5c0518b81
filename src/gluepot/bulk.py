"""Pages of plain tables that are all new, staged in one go: what a first collection is made of.

Everything that a page leads to is worked out at once: the entries of the generation and the rows of
format `k`. That needs nothing but the page, so the reading process does it, too, when it gets ahead.
A page with anything in it that is not plain is left to the careful way, whole.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

import msgspec

from gluepot.extract.k import KFormat
from gluepot.generation import VISIBLE, TableEntry, encode_columns
from gluepot.glue.shapes import table_records
from gluepot.records import CREATED

if TYPE_CHECKING:
    from gluepot.glue.messages import Terms
    from gluepot.glue.tables import Tables


class Bulk(msgspec.Struct, frozen=True):
    """A page of plain, new tables; the lists go together, one item a table.

    Args:
        entries: Their entries in the generation.
        metadata: Their rows of METADATA as UTF-8, those of their columns included.
        rows: How many rows that is.
        linkages: Their rows of LINKAGES.
        links: How many rows that is.
    """

    entries: list[TableEntry]
    metadata: list[bytes]
    rows: list[int]
    linkages: list[bytes]
    links: list[int]

    def only(self, chosen: list[bool]) -> Bulk:
        """Leave out the tables that are not chosen."""
        return Bulk(*(list(compress(getattr(self, field), chosen)) for field in self.__struct_fields__))


def stage_page(tables: Tables, terms: Terms, body: bytes) -> Bulk | None:
    """Stage a page of tables that are all plain; None where one of them is not.

    Args:
        tables: Turns records into tables.
        terms: The database of the page, and the format's delimiter.
        body: The page.

    Raises:
        MalformedError: The page has no tables' list.
    """
    writer = KFormat(terms.delimiter)
    bulk = Bulk([], [], [], [], [])
    tables.look(body)
    for raw, record in table_records(body):
        table = tables.plain(terms.place, raw, record)
        if table is None or table.warnings or table.governed:
            return None
        known = (table.name, table.kind, table.version, table.updated_at, table.digest)
        blob = encode_columns(table.columns, table.partition_keys)
        bulk.entries.append(TableEntry(*known, state=VISIBLE, proven=True, blob=blob))
        (_, text, rows), *_ = writer.table(table, CREATED, None)
        bulk.metadata.append(text.encode())
        bulk.rows.append(rows)
        links = [row for link in table.linkages for _, row, _ in writer.linkage(link)]
        bulk.linkages.append("".join(links).encode())
        bulk.links.append(len(links))
    return bulk
