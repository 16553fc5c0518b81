"""What was seen of a keyspace, without credentials: names, comments, types, and values by the names of columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gluepot.source.seen import Sample

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Column, CqlType, Table
    from gluepot.mask.credentials import Redactor
    from gluepot.source.seen import Seen, SeenColumn, SeenTable, SeenType


def hidden(seen: Seen, redactor: Redactor) -> Seen:
    """Replace credentials wherever people wrote something: the page, the text and JSON show what is left.

    Args:
        seen: A keyspace, or one table of it.
        redactor: Takes credentials out.
    """
    return _Hider(redactor).seen(seen)


class _Hider:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._text = redactor.redact

    def seen(self, seen: Seen) -> Seen:
        return replace(
            seen,
            cluster=self._text(seen.cluster),
            keyspace=self._text(seen.keyspace),
            tables=tuple(map(self._seen_table, seen.tables)),
            types=tuple(map(self._seen_type, seen.types)),
        )

    def _seen_table(self, seen: SeenTable) -> SeenTable:
        return replace(
            seen,
            table=self._table(seen.table),
            columns=tuple(map(self._seen_column, seen.columns)),
            estimated_by=self._text(seen.estimated_by),
            base=self._text(seen.base),
            sample=None if seen.sample is None else self._sample(seen.sample),
            unread=self._text(seen.unread),
        )

    def _table(self, table: Table) -> Table:
        return replace(
            table,
            keyspace=self._text(table.keyspace),
            name=self._text(table.name),
            columns=tuple(map(self._column, table.columns)),
            comment=self._text(table.comment),
            unmask=self._text(table.unmask),
            unread=self._text(table.unread),
            unreadable=self._text(table.unreadable),
        )

    def _column(self, column: Column) -> Column:
        text = self._text
        return replace(column, name=text(column.name), type=self._type(column.type), masked=text(column.masked))

    def _seen_column(self, seen: SeenColumn) -> SeenColumn:
        text = self._text
        names = {"lake_name": text(seen.lake_name), "lake_type": text(seen.lake_type)}
        return replace(seen, column=self._column(seen.column), note=text(seen.note), **names)

    def _type(self, kind: CqlType) -> CqlType:
        return replace(
            kind,
            args=tuple(map(self._type, kind.args)),
            fields=tuple(map(self._text, kind.fields)),
            type_name=self._text(kind.type_name),
        )

    def _seen_type(self, seen: SeenType) -> SeenType:
        return replace(
            seen,
            name=self._text(seen.name),
            fields=tuple((self._text(name), self._type(kind)) for name, kind in seen.fields),
        )

    def _sample(self, sample: Sample) -> Sample:
        rows = tuple(tuple(map(self._value, sample.columns, row)) for row in sample.rows)
        return Sample(tuple(map(self._text, sample.columns)), sample.numbers, rows)

    def _value(self, name: str, value: Any) -> Any:  # noqa: ANN401 - whatever `display.plain` gives
        """Hide a value whose column says that it is a secret, or what is one in it; fields and keys name theirs."""
        match value:
            case str():
                return self._redactor.redact_value(name, value)
            case dict():
                return {self._text(key): self._value(key, inner) for key, inner in value.items()}
            case list():
                return [self._value(name, inner) for inner in value]
            case (str() as key, inner):
                return self._text(key), self._value(key, inner)
            case tuple():
                return tuple(self._value(name, inner) for inner in value)
        return value
