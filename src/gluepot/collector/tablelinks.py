"""Tables that resource links lead to and that a run has not read: they are named, since nobody would miss them.

The target of a database's link is listed by the run. That of a table's link may be one of a million tables in a
database of another account, which nobody asked for; so it is looked up among what was read, and named if it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.aws.arn import split_catalog_id
from gluepot.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.collector.generation import Writer
    from gluepot.collector.report import Report
    from gluepot.glue.records import Table

_NAMED: Final = 5  # links that a warning spells out


class TableLink(msgspec.Struct, frozen=True, gc=False):
    """A table's resource link: its name, and the target's account, region, nested catalog, database and name."""

    link: str
    database: tuple[str, str, str, str]
    table: str


def table_links(table: Table) -> list[TableLink]:
    """List the resource link that a table is, or none."""
    return [
        TableLink(table.name, _database(link.detail), link.detail["table"])
        for link in table.linkages
        if link.link_type == "RESOURCE_LINK"
    ]


def _database(detail: dict[str, str]) -> tuple[str, str, str, str]:
    account, nested = split_catalog_id(detail["catalog_id"])
    return account, detail["region"], nested, detail["database"]


def name_unread(links: Sequence[TableLink], after: Writer, report: Report) -> None:
    """Warn of targets that this run did not read, once for each database.

    Args:
        links: The table links that one server's catalogs hold.
        after: What was read.
        report: Where it is said.
    """
    unread: dict[tuple[str, str, str, str], list[TableLink]] = {}
    for link in links:
        if not after.knows_table(link.database, link.table):
            unread.setdefault(link.database, []).append(link)
    for (account, region, nested, database), missed in unread.items():
        where = f"{nested}/{database}" if nested else database
        shown = ", ".join(f"{link.link} -> {link.table}" for link in missed[:_NAMED])
        report.warn(
            f"{where} ({account}, {region})",
            f"not read, though links lead there: {counted(len(missed), 'table')}, {shown}"
            f"{', ...' if len(missed) > _NAMED else ''}. To have them, configure that account, region and database",
        )
