"""The careful way from Glue's record to a table, over dicts: views, links, odd columns, what may hold a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from gluepot.errors import MalformedError
from gluepot.glue.columns import columns_of
from gluepot.glue.digest import digest_of_record
from gluepot.glue.formats import table_format
from gluepot.glue.links import linkages_of, table_target
from gluepot.glue.records import READER, Table
from gluepot.glue.shapes import WireColumn
from gluepot.glue.statements import LOCATION, description_of, location_of
from gluepot.glue.texts import encodable, utc
from gluepot.glue.views import view_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.glue.records import DatabaseRef
    from gluepot.glue.shapes import Json
    from gluepot.glue.views import View
    from gluepot.mask.credentials import Redactor

_encode = msgspec.json.encode
_NOT_COLUMN = ("Name", "Type", "Comment", "Parameters")
_OWN_FIELDS = ("Name", "Description", "Owner", "TableType", "PartitionKeys", "ViewOriginalText", "ViewExpandedText")
"""Members of a table that have a field of their own, and are left out of ATTRIBUTES."""


class CarefulReader:
    """Reads tables with everything that any table may need.

    Args:
        redactor: Takes credentials out, always.
        mask_sql: Replaces the literals of SQL text, given the text and the dialect; None leaves them.
    """

    def __init__(self, redactor: Redactor, mask_sql: Callable[[str, str], str] | None) -> None:
        self._redactor, self._mask_sql = redactor, mask_sql

    def read(self, place: DatabaseRef, record: Json) -> Table:
        """Read a table.

        Raises:
            MalformedError: It is no table that could be written down.
        """
        record, warnings = encodable(record)
        _check_shape(record)
        digest = digest_of_record(record)
        target = table_target(record)
        stated = view_of(record)
        raw_view = stated or _left_view(record)
        suspect = self._is_suspect(record, raw_view)
        view = self._cleaned_view(raw_view)
        name = record["Name"]
        record = self._clean({key: value for key, value in record.items() if not (view and key in _VIEW_TEXTS)})
        record["Name"] = name  # a name is an identity; it is written as it is
        found = columns_of(record, view)
        warnings += found.warnings + ([*view.warnings] if view else [])
        table = _fields(place, record, "view" if stated else table_format(record).name)
        table.description = description_of(record, view)
        table.digest, table.warnings = digest, warnings
        if suspect or found.elsewhere or _reads_otherwise(table, record):
            table.reader = READER
        if target is None:
            table.columns, more = _columns(found.columns)
            table.partition_keys, more_keys = _columns(found.partition_keys)
            table.column_attributes = {**more, **more_keys}
        else:
            # a link is one row that names its target; columns are rows of the table that has them
            table.tool_type = table.tool_type or "RESOURCE_LINK"
            record["TargetColumns"] = found.columns + found.partition_keys
        if view and stated:
            table.kind = "VIEW"
            table.query_code = view.definitions[0].text if view.definitions else ""
        table.attributes = _encode(_attributes(record, view, found.retired, found.repeated)).decode()
        table.linkages = linkages_of(table, record, view, target)
        return table

    def _is_suspect(self, record: Json, view: View | None) -> bool:
        """Tell whether any text may hold a credential: what the first reader took for one may have been none."""
        return self._redactor.might_hold(_encode([record, view]))

    def _clean(self, record: Json) -> Json:
        return self._redactor.redact_json(record)  # type: ignore[return-value] # an object stays one

    def _cleaned_view(self, view: View | None) -> View | None:
        """Take credentials, and with `mask` literals, out of a view's decoded texts."""
        if view is None:
            return None
        definitions = tuple(
            msgspec.structs.replace(
                definition,
                text=self._sql(definition.text, definition.dialect),
                expanded=self._sql(definition.expanded, definition.dialect),
                details=self._clean(definition.details),
            )
            for definition in view.definitions
        )
        return msgspec.structs.replace(view, definitions=definitions, details=self._clean(view.details))

    def _sql(self, text: str, dialect: str) -> str:
        # literals first: a credential taken out of a literal could leave text that cannot be tokenised
        masked = self._mask_sql(text, dialect) if self._mask_sql and text else text
        return self._redactor.redact_sql(masked, dialect)


_VIEW_TEXTS = frozenset({"ViewOriginalText", "ViewExpandedText"})


def _left_view(record: Json) -> View | None:
    """Read the view texts of a table that is no view by its type: they are decoded and cleaned like a view's."""
    return view_of({**record, "TableType": "VIRTUAL_VIEW"}) if any(record.get(key) for key in _VIEW_TEXTS) else None


def _attributes(record: Json, view: View | None, retired: list[Any], repeated: list[Any]) -> Json:
    """Collect everything that has no field of its own."""
    left = {key: value for key, value in record.items() if key not in _OWN_FIELDS}
    if isinstance(left.get("StorageDescriptor"), dict):
        storage = left["StorageDescriptor"]
        own = {"Columns", "Location"} if location_of(record)[1] == LOCATION else {"Columns"}
        left["StorageDescriptor"] = {key: storage[key] for key in storage if key not in own or not storage[key]}
    if view is not None:
        # the texts stand in View, decoded and cleaned; in their encodings they would carry what was taken out
        if isinstance(left.get("ViewDefinition"), dict):
            left["ViewDefinition"] = {k: v for k, v in left["ViewDefinition"].items() if k != "Representations"}
        left["View"] = msgspec.to_builtins(view)
    if retired:
        left["RetiredColumns"] = retired
    if repeated:
        left["RepeatedColumns"] = repeated
    return left


def _fields(place: DatabaseRef, record: Json, format_name: str) -> Table:
    return Table(
        place=place,
        name=record["Name"],
        tool_type=_text(record.get("TableType")),
        created_at=utc(record.get("CreateTime")),
        updated_at=utc(record.get("UpdateTime")),
        created_by=_text(record.get("CreatedBy")),
        owner=_text(record.get("Owner")),
        location=location_of(record)[0],
        format=format_name,
        version=_text(record.get("VersionId")),
        columns=[],
        partition_keys=[],
        governed=record.get("IsRegisteredWithLakeFormation") is True,
    )


def _reads_otherwise(table: Table, record: Json) -> bool:
    """Tell whether the first reader had other words for what has a field of its own."""
    storage = record.get("StorageDescriptor") or {}
    stated = (_text(record.get("Description")), _text(storage.get("Location")))
    return (table.description, table.location) != stated or table.format == "rcfile"


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _columns(found: list[Any]) -> tuple[list[WireColumn], dict[str, Json]]:
    """Make columns of dicts; members that a column should not have are kept beside them."""
    columns, more = [], {}
    for column in found:
        name = _text(column["Name"])
        extra = {key: value for key, value in column.items() if key not in _NOT_COLUMN}
        parameters = column.get("Parameters") or UNSET
        if parameters is not UNSET and not _is_text_map(parameters):
            extra["Parameters"], parameters = parameters, UNSET
        comment = column.get("Comment")
        columns.append(
            WireColumn(
                Name=name,
                Type=_text(column.get("Type")),
                Comment=UNSET if comment is None else _text(comment),
                Parameters=parameters,
            )
        )
        if extra:
            more[name] = extra
    return columns, more


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _check_shape(record: Json) -> None:
    """Refuse a record whose columns could only be guessed at.

    Raises:
        MalformedError: A part on which rows stand has another shape than documented.
    """
    storage = record.get("StorageDescriptor")
    _expect(record, "StorageDescriptor", storage, dict)
    _expect(record, "PartitionKeys", record.get("PartitionKeys"), list)
    _expect(record, "Parameters", record.get("Parameters"), dict)
    columns = storage.get("Columns") if storage else None
    _expect(record, "StorageDescriptor.Columns", columns, list)
    for column in (*(columns or ()), *(record.get("PartitionKeys") or ())):
        _expect(record, "a column", column, dict)


def _expect(record: Json, what: str, value: object, kind: type) -> None:
    if value is not None and not isinstance(value, kind):
        name = str(record["Name"])[:200]
        why = f"{what} is {type(value).__name__}, not {kind.__name__}"
        raise MalformedError(f"the table {name} cannot be read", why, "correct the table in the catalog")
