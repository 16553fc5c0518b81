"""What sampled pages tell of a table: the decimals in a column, and the partitions that rows would fall into."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.errors import FidelityError
from gluepot.lake.convert.convert import Converter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.cassandra.cql import CqlType, Table
    from gluepot.cassandra.reading import Page
    from gluepot.lake.kernels.arrays import Column
    from gluepot.plan.table import PlannedTable


def decimals(array: Column, kind: CqlType) -> Iterator[str]:
    """Give the decimals of a column as text, at whatever depth.

    Args:
        array: A column as a scan gives it.
        kind: Its CQL type.
    """
    found: Any = array
    match kind.name:
        case "decimal":
            yield from (value for value in found.to_pylist() if value is not None)
        case "list" | "set" | "vector":
            yield from decimals(found.flatten(), kind.args[0])
        case "map":
            for part, inner in zip((found.keys, found.items), kind.args, strict=True):
                yield from decimals(part, inner)
        case "udt" | "tuple":
            for part, inner in zip(found.flatten(), kind.args, strict=True):
                yield from decimals(part, inner)


class Partitions:
    """Counts the partitions of sampled rows, exactly as a load would make them.

    Args:
        table: The plan; it has partitions.
        source: The table in Cassandra.

    Attributes:
        selection: What must be read.
        counted: Partition -> rows.
    """

    def __init__(self, table: PlannedTable, source: Table) -> None:
        from gluepot.lake.commit.evolve import schema_of  # noqa: PLC0415 - pyiceberg is slow to load, most tables need none
        from gluepot.lake.commit.partvalues import spec_of, values_of  # noqa: PLC0415 - likewise

        named = {partition.column for partition in table.partition}
        needed = tuple(column for column in table.columns if column.name in named)
        self._converter = Converter(msgspec.structs.replace(table, columns=needed), source)
        schema = schema_of(needed)
        self._values = [
            (schema.find_field(field.source_id).name, values_of(field.transform, schema.find_type(field.source_id)))
            for field in spec_of(schema, table.partition).fields
        ]
        self.selection = self._converter.selection
        self.counted: Counter[tuple[Any, ...]] = Counter()

    def add(self, page: Page) -> None:
        """Count the rows of a page; one with a value that does not fit is left out, as a load would end there."""
        try:
            batch = self._converter.convert(page)
        except FidelityError:
            return
        columns = [make(batch.column(name)).to_pylist() for name, make in self._values]
        self.counted.update(zip(*columns, strict=True))

    def seen(self) -> tuple[int, int, int]:
        """Give how many rows there were, how many partitions have several of them, and how many have one."""
        ones = sum(1 for count in self.counted.values() if count == 1)
        return self.counted.total(), len(self.counted) - ones, ones
