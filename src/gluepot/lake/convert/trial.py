"""Declared types tried on some rows: each column by itself, so that all that do not fit are told at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from gluepot.errors import FidelityError
from gluepot.lake.convert.convert import Converter, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.cassandra.cql import Table
    from gluepot.cassandra.reading import Page
    from gluepot.plan.table import PlannedColumn, PlannedTable


class Trial:
    """Tries columns of a planned table on pages of its source.

    Args:
        table: The plan.
        source: The table in Cassandra.
        columns: The columns to try.

    Attributes:
        selection: What must be read: what these columns are made of, and the key, which names rows.
        unfit: Per column, the first value that it cannot hold.
    """

    def __init__(self, table: PlannedTable, source: Table, columns: Sequence[PlannedColumn]) -> None:
        keys = tuple(
            column
            for column in table.columns
            if column.role in {"partition_key", "clustering"} and not column.cast and column not in columns
        )
        bare = msgspec.structs.replace(table, filter="", partition=())
        whole = Converter(msgspec.structs.replace(bare, columns=(*keys, *columns)), source)
        self.selection = whole.selection
        self._places = places(self.selection)
        self._keys = [("", column.source) for column in keys]
        self._waiting = {
            column.name: Converter(msgspec.structs.replace(bare, columns=(column,)), source) for column in columns
        }
        self.unfit: dict[str, FidelityError] = {}

    def add(self, page: Page) -> None:
        """Try a page on every column that has fitted so far."""
        for name, converter in list(self._waiting.items()):
            try:
                converter.convert(self._of(page, converter))
            except FidelityError as error:
                self.unfit[name] = error
                del self._waiting[name]

    def _of(self, page: Page, converter: Converter) -> Page:
        """Give what one column is made of, and behind it the key."""
        own = list(places(converter.selection))
        wanted = [*own, *(key for key in self._keys if key not in own)]
        return replace(page, batch=page.batch.select([self._places[key] for key in wanted]))
