"""Pages of plain tables that are all new, staged in one go: what a first collection is made of.

Everything that a page leads to is worked out at once: the entries of the generation and the rows of
format `k`. That needs nothing but the page, so the reading process does it, too, when it gets ahead.
A page with anything in it that is not plain is left to the careful way, whole.
"""

from __future__ import annotations

import time
from itertools import compress
from typing import TYPE_CHECKING

import msgspec

from gluepot.collector.extract.k import writer_of
from gluepot.collector.generation import VISIBLE, StoredTable, encode_columns, encode_links
from gluepot.glue.records import CREATED
from gluepot.glue.shapes import table_records

if TYPE_CHECKING:
    from gluepot.collector.context import Seconds
    from gluepot.collector.reading.messages import Terms
    from gluepot.glue.tables import Tables


class Bulk(msgspec.Struct, frozen=True):
    """A page of plain, new tables.

    Args:
        entries: Their entries in the generation.
        metadata: Their rows of METADATA as UTF-8, those of their columns included.
        sizes: How many characters and rows of `metadata` belong to each table.
        linkages: Their rows of LINKAGES.
        link_sizes: How many characters and rows of `linkages` belong to each table.
    """

    entries: list[StoredTable]
    metadata: bytes
    sizes: list[tuple[int, int]]
    linkages: bytes
    link_sizes: list[tuple[int, int]]

    def only(self, chosen: list[bool]) -> Bulk:
        """Leave out the tables that are not chosen."""
        return Bulk(
            list(compress(self.entries, chosen)),
            _only(self.metadata, self.sizes, chosen),
            list(compress(self.sizes, chosen)),
            _only(self.linkages, self.link_sizes, chosen),
            list(compress(self.link_sizes, chosen)),
        )


def _only(body: bytes, sizes: list[tuple[int, int]], chosen: list[bool]) -> bytes:
    """Cut a page's text into its tables' and put the chosen ones together."""
    text, parts, at = body.decode(), [], 0
    for size, _ in sizes:
        parts.append(text[at : at + size])
        at += size
    return "".join(compress(parts, chosen)).encode()


def stage_page(tables: Tables, terms: Terms, body: bytes, seconds: Seconds, *, clean: bool) -> Bulk | None:
    """Stage a page of tables that are all plain; None where one of them is not.

    Args:
        tables: Turns records into tables.
        terms: The database of the page, and the format's delimiter.
        body: The page.
        seconds: Where the time goes.
        clean: Whether the page was looked over and holds no credential.

    Raises:
        MalformedError: The page has no tables' list.
    """
    writer = writer_of(terms.delimiter, guarded=terms.guarded)
    entries: list[StoredTable] = []
    metadata, sizes, linkages, link_sizes = list[str](), list[tuple[int, int]](), list[str](), list[tuple[int, int]]()
    for raw, record in table_records(body):
        table = tables.plain(terms.place, raw, record, clean=clean)
        if table is None or table.warnings or table.governed:
            return None
        known = (table.name, table.kind, table.version, table.updated_at, table.digest)
        blob = encode_columns(table.columns, table.partition_keys)
        links = encode_links(table.linkages)
        entries.append(StoredTable(*known, state=VISIBLE, proven=True, blob=blob, links=links))
        began = time.perf_counter()
        (_, text, rows), *_ = writer.table(table, CREATED, None)
        metadata.append(text)
        sizes.append((len(text), rows))
        link_rows = [row for link in table.linkages for _, row, _ in writer.linkage(link)]
        linkages += link_rows
        link_sizes.append((sum(map(len, link_rows)), len(link_rows)))
        seconds.staging += time.perf_counter() - began
    return Bulk(entries, "".join(metadata).encode(), sizes, "".join(linkages).encode(), link_sizes)
