"""A plan's columns as an Iceberg schema, and the steps from the schema that a table has to the one that it needs.

Columns are found by name. A column that is new is added under a new id, so that old rows have null there; a type is
widened where Iceberg allows it (https://iceberg.apache.org/spec/#schema-evolution); a column that the plan no longer
has stays, and new rows have null there. Anything else would change what is there already, and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    PrimitiveType,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
)

from gluepot.errors import ConfigError
from gluepot.glue.lake_tables import comment
from gluepot.lake.types.typetext import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyiceberg.table.update.schema import UpdateSchema
    from pyiceberg.types import IcebergType

    from gluepot.lake.types.typetext import LakeType
    from gluepot.plan.table import PlannedColumn, PlannedTable

_PRIMITIVES: Final[dict[str, PrimitiveType]] = {
    "boolean": BooleanType(), "int": IntegerType(), "long": LongType(), "float": FloatType(), "double": DoubleType(),
    "date": DateType(), "timestamp": TimestampType(), "timestamptz": TimestamptzType(), "string": StringType(),
    "binary": BinaryType(),
}  # fmt: skip

_WIDER: Final = {(IntegerType, LongType), (FloatType, DoubleType)}
_NO_ID: Final = 0
"""Ids are given to the whole schema at once."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the schema of a table to the one that it needs.

    Args:
        path: The column, and the field in it.
        type: The field's type after it; None where only the comment changes.
        is_new: Whether it is added, rather than widened.
        doc: The column's comment.
        after: The column that a new one stands behind; empty for the last place.
    """

    path: tuple[str, ...]
    type: IcebergType | None
    is_new: bool = False
    doc: str = ""
    after: str = ""

    def __str__(self) -> str:
        """Say it to people; empty where it is not worth a word."""
        name = ".".join(self.path)
        if self.type is None:
            return ""
        if self.is_new:
            return f"column {name} is new, as {self.type}: rows that are there already have null in it"
        return f"column {name} becomes {self.type}"


def schema_of(columns: Sequence[PlannedColumn]) -> Schema:
    """Give the schema of a new table, every column optional, ids from 1 in Iceberg's own order."""
    fields = [
        NestedField(
            _NO_ID, column.name, iceberg_type(parse(column.type)), required=False, doc=comment(column.comment) or None
        )
        for column in columns
    ]
    return assign_fresh_schema_ids(Schema(*fields))


def iceberg_type(kind: LakeType) -> IcebergType:
    """Give the Iceberg type of a plan's type; ids within it are placeholders."""
    match kind.name:
        case "decimal":
            return DecimalType(kind.precision, kind.scale)
        case "list":
            return ListType(_NO_ID, iceberg_type(kind.args[0]), element_required=False)
        case "map":
            key, value = map(iceberg_type, kind.args)
            return MapType(_NO_ID, key, _NO_ID, value, value_required=False)
        case "struct":
            pairs = zip(kind.fields, kind.args, strict=True)
            return StructType(
                *(NestedField(_NO_ID, name, iceberg_type(inner), required=False) for name, inner in pairs)
            )
    return _PRIMITIVES[kind.name]


def steps(there: Schema, table: PlannedTable) -> list[Step]:
    """Say what has to happen to a table's schema before rows of a plan can be added.

    Args:
        there: The schema that the table has.
        table: The plan.

    Raises:
        ConfigError: Iceberg allows no way from one to the other, or a column would go on with another one's values.
    """
    found: list[Step] = []
    before = ""
    for column in table.columns:
        field = _field(there, column.name)
        kind = iceberg_type(parse(column.type))
        if field is None:
            found.append(Step((column.name,), kind, is_new=True, doc=comment(column.comment), after=before))
        else:
            _check_source(field, column, table)
            found += _changed(field.field_type, kind, (column.name,), table)
            if column.comment and field.doc != comment(column.comment):
                found.append(Step((column.name,), None, doc=comment(column.comment)))
        before = column.name
    return found


def stay(there: Schema, table: PlannedTable) -> list[str]:
    """Name the columns of a table that a plan does not have."""
    planned = {column.name for column in table.columns}
    return [field.name for field in there.fields if field.name not in planned]


def notes(there: Schema, table: PlannedTable, found: Sequence[Step]) -> tuple[str, ...]:
    """Say to people what a load changes about a table, and what it leaves without values."""
    gone = [f"column {name} is not in the source any more: it stays, new rows have null in it" for name in
            stay(there, table)]  # fmt: skip
    return (*filter(None, map(str, found)), *gone)


def apply(update: UpdateSchema, found: Sequence[Step]) -> UpdateSchema:
    """Take steps; nothing is committed."""
    for step in found:
        if step.is_new:
            update.add_column(step.path, step.type, doc=step.doc or None)  # type: ignore[arg-type] # set where it is new
            if step.after and len(step.path) == 1:
                update.move_after(step.path, (step.after,))
        elif step.type is not None:
            update.update_column(step.path, field_type=step.type)
        else:
            update.update_column(step.path, doc=step.doc)
    return update


def _check_source(there: NestedField, column: PlannedColumn, table: PlannedTable) -> None:
    """Refuse that a column goes on with the values of another one, which was renamed to its name before that one came.

    `"userId"` is `userid` in the lake until the source has a `userid` of its own.
    """
    held = (there.doc or "").partition(";")[0].removeprefix("static ")
    for other in table.columns:
        if other.source not in {"", column.source} and held == comment(f"{other.cql} {other.source}"):
            raise ConfigError(
                f"column {column.name} of table {table.name} holds {other.source!r} of the source",
                f"the source has a {column.source!r} too now, and both would be in one column",
                f"in the plan file, rename {other.source!r} to {column.name!r} as before, and {column.source!r} to "
                "another name",
            )


def _changed(there: IcebergType, asked: IcebergType, path: tuple[str, ...], table: PlannedTable) -> Iterator[Step]:
    """Go down two types together."""
    match there, asked:
        case StructType(), StructType():
            yield from _struct(there, asked, path, table)
        case ListType(), ListType():
            yield from _changed(there.element_type, asked.element_type, (*path, "element"), table)
        case MapType(), MapType():
            if list(_changed(there.key_type, asked.key_type, (*path, "key"), table)):
                raise _refused(there, asked, path, table)
            yield from _changed(there.value_type, asked.value_type, (*path, "value"), table)
        case PrimitiveType(), PrimitiveType():
            if there != asked and not widens(asked, there):
                if not widens(there, asked):
                    raise _refused(there, asked, path, table)
                yield Step(path, asked)
        case _:
            raise _refused(there, asked, path, table)


def _struct(there: StructType, asked: StructType, path: tuple[str, ...], table: PlannedTable) -> Iterator[Step]:
    known = {field.name: field.field_type for field in there.fields}
    for field in asked.fields:
        if field.name in known:
            yield from _changed(known[field.name], field.field_type, (*path, field.name), table)
        else:
            yield Step((*path, field.name), field.field_type, is_new=True)


def widens(narrow: IcebergType, wide: IcebergType) -> bool:
    """Say whether each value of the narrow type is one of the wide type, to which Iceberg lets a column change."""
    if isinstance(narrow, DecimalType) and isinstance(wide, DecimalType):
        return narrow.scale == wide.scale and narrow.precision <= wide.precision
    return (type(narrow), type(wide)) in _WIDER


def _refused(there: IcebergType, asked: IcebergType, path: tuple[str, ...], table: PlannedTable) -> ConfigError:
    name = ".".join(path)
    return ConfigError(
        f"column {name} of table {table.name} cannot change from {there} to {asked}",
        "Iceberg only widens: int to long, float to double, a decimal to more digits of the same scale",
        f"in the plan file, give {path[0]} another name (renames) or cast it to {there}; "
        "or drop the table, which drops its history, and load it anew",
    )


def _field(schema: Schema, name: str) -> NestedField | None:
    return next((field for field in schema.fields if field.name == name), None)
