"""Glue's table records to `Table`: quickly for those with nothing special, carefully for the rest.

The quick way leaves the record as decoded and only blanks what has a field of its own. Views, links,
records that may hold a credential, and those whose columns need care go the careful way, over dicts.
Both give the same digest, so a table does not change by changing ways.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from gluepot.aws.arn import encode_part
from gluepot.errors import MalformedError
from gluepot.glue.columns import columns_of, needs_care
from gluepot.glue.digest import digest_of_record, digest_of_wire
from gluepot.glue.formats import table_format
from gluepot.glue.links import linkages_of, table_target
from gluepot.glue.records import Table
from gluepot.glue.shapes import Bad, WireColumn, WireTable
from gluepot.glue.types import TypeSyntaxError, parse_type
from gluepot.glue.views import is_view, view_of
from gluepot.mask.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.glue.records import Place
    from gluepot.glue.shapes import Json
    from gluepot.glue.views import View
    from gluepot.mask.credentials import Redactor

_encode = msgspec.json.encode
_NOT_COLUMN = ("Name", "Type", "Comment", "Parameters")
_OWN_FIELDS = ("Name", "Description", "Owner", "TableType", "PartitionKeys", "ViewOriginalText", "ViewExpandedText")
"""Members of a table that have a field of their own, and are left out of ATTRIBUTES."""

YEAR_1, YEAR_10000 = -62135596800, 253402300800
"""The seconds since the epoch between which an instant can be written with a year of four digits."""

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
        self._mask_sql = mask_sql
        self._parsable: set[str] = set()
        self._suspicious = True
        self._clean_page: bool | None = None
        self.hashing = self.writing = 0.0
        """Seconds that went into hashes, and into rows of pages staged in bulk."""

    def looked(self, clean: bool | None) -> None:  # noqa: FBT001 - what a page says of itself
        """Hear whether the next page was looked over, and found to hold no credential."""
        self._clean_page = clean

    def look(self, page: bytes) -> None:
        """Look a whole page over for credentials; if it holds none, its tables are not asked one by one."""
        clean, self._clean_page = self._clean_page, None
        self._suspicious = self._pages.might_hold(page) if clean is None else not clean

    def table(self, place: Place, raw: bytes, record: WireTable | Json | Bad) -> Table:
        """Turn one record of a listing into a table.

        Args:
            place: The database that it was listed in.
            raw: The record's own JSON.
            record: The record, decoded.

        Raises:
            MalformedError: It is no table that could be written down.
        """
        if isinstance(record, Bad):
            raise MalformedError(f"a table of {place.label} cannot be read", record.why, "")
        table = self.plain(place, raw, record)
        if table is None:
            table = self._careful(place, record if isinstance(record, dict) else msgspec.json.decode(raw))
            self._check_types(table)
        return table

    def plain(self, place: Place, raw: bytes, record: WireTable | Json | Bad) -> Table | None:
        """Turn a record that needs no care into a table; None for any other."""
        if not isinstance(record, WireTable) or self._is_special(raw, record):
            return None
        began = time.perf_counter()
        digest = digest_of_wire(record)
        self.hashing += time.perf_counter() - began
        table = _quick(self._blank(place, record.Name), record, digest)
        # JSON cannot hold a quote or a control character without a backslash
        table.plain = b"\\" not in raw
        self._check_types(table)
        return table

    def _is_special(self, raw: bytes, table: WireTable) -> bool:
        kind = table.TableType
        if (kind and "VIEW" in kind.upper()) or table.ViewOriginalText or table.ViewExpandedText:
            return True
        if table.TargetTable or table.ViewDefinition or table.IsMaterializedView or table.IsMultiDialectView:
            return True
        if self._suspicious and self._redactor.might_hold(raw):
            return True
        storage, keys = table.StorageDescriptor, table.PartitionKeys or []
        columns = (storage.Columns if storage else None) or []
        every = columns + keys
        return needs_care([one.Name for one in every], [one.Type for one in every], len(columns), raw)

    def _blank(self, place: Place, name: str) -> Table:
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

    def _careful(self, place: Place, record: Json) -> Table:
        """Read a table over dicts, with everything that any table may need."""
        record, warnings = encodable(record)
        _check_shape(record)
        digest = digest_of_record(record)
        target = table_target(record)
        stated = view_of(record)
        view = self._cleaned_view(stated or _left_view(record))
        name = record["Name"]
        record = self._clean({key: value for key, value in record.items() if not (view and key in _VIEW_TEXTS)})
        record["Name"] = name  # a name is an identity; it is written as it is
        found = columns_of(record)
        warnings += found.warnings + ([*view.warnings] if view else [])
        table = _fields(place, record, "view" if stated else table_format(record).name)
        table.digest, table.warnings = digest, warnings
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

    def _clean(self, record: Json) -> Json:
        return self._redactor.redact_json(record)  # type: ignore[return-value] # an object stays one

    def _cleaned_view(self, view: View | None) -> View | None:
        """Take credentials, and with `mask` literals, out of a view's decoded texts."""
        if view is None:
            return None
        definitions = tuple(
            msgspec.structs.replace(
                one,
                text=self._sql(one.text, one.dialect),
                expanded=self._sql(one.expanded, one.dialect),
                details=self._clean(one.details),
            )
            for one in view.definitions
        )
        return msgspec.structs.replace(view, definitions=definitions, details=self._clean(view.details))

    def _sql(self, text: str, dialect: str) -> str:
        # literals first: a credential taken out of a literal could leave text that cannot be tokenised
        masked = self._mask_sql(text, dialect) if self._mask_sql and text else text
        return self._redactor.redact(masked)

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


def _quick(table: Table, record: WireTable, digest: bytes) -> Table:
    """Read a table whose record needs nothing but copying."""
    storage = record.StorageDescriptor
    location = (storage.Location if storage else None) or ""
    table.columns = (storage.Columns if storage else None) or []
    table.partition_keys = record.PartitionKeys or []
    table.tool_type = record.TableType or ""
    table.description = record.Description or ""
    table.created_at, table.updated_at = utc(record.CreateTime), utc(record.UpdateTime)
    table.created_by = record.CreatedBy or ""
    table.owner = record.Owner or ""
    table.location = location
    table.format = _quick_format(record)
    table.version = record.VersionId or ""
    table.digest = digest
    table.governed = record.IsRegisteredWithLakeFormation is True
    # one by one, as a loop of setattr takes three times as long
    record.Name = record.Description = record.Owner = record.TableType = UNSET  # type: ignore[assignment] # left out
    record.PartitionKeys = record.ViewOriginalText = record.ViewExpandedText = UNSET
    if storage:
        storage.Columns = storage.Location = UNSET
    table.attributes = _encode(record).decode()
    more = storage.AdditionalLocations if storage else None
    if location or more:
        whole = {"StorageDescriptor": {"Location": location, "AdditionalLocations": more or []}}
        table.linkages = linkages_of(table, whole, None, None)
    return table


def _quick_format(record: WireTable) -> str:
    """Name the format; the few facts that decide it repeat from table to table, so answers are kept."""
    storage, parameters = record.StorageDescriptor, record.Parameters or {}
    serde = storage.SerdeInfo if storage else None
    library = serde.get("SerializationLibrary") if isinstance(serde, dict) else None
    if record.FederatedTable:
        return table_format(msgspec.to_builtins(record)).name
    return _format_of(
        parameters.get("table_type"),
        parameters.get("spark.sql.sources.provider"),
        parameters.get("classification"),
        parameters.get("connectionType") or parameters.get("ConnectionType"),
        library if isinstance(library, str) else None,
        (storage.InputFormat or None) if storage else None,
    )


@lru_cache(maxsize=10_000)
def _format_of(*facts: Any) -> str:  # noqa: ANN401 - texts, or what a hostile record has in their place
    table_type, provider, classification, connection, serde, input_format = facts
    parameters = {
        "table_type": table_type,
        "spark.sql.sources.provider": provider,
        "classification": classification,
        "connectionType": connection,
    }
    storage = {"SerdeInfo": {"SerializationLibrary": serde}, "InputFormat": input_format}
    stated = {key: value for key, value in parameters.items() if value is not None}
    return table_format({"TableType": "TABLE", "Parameters": stated, "StorageDescriptor": storage}).name


_VIEW_TEXTS = frozenset({"ViewOriginalText", "ViewExpandedText"})


def _left_view(record: Json) -> View | None:
    """Read the view texts of a table that is no view by its type: they are decoded and cleaned like a view's."""
    return view_of({**record, "TableType": "VIRTUAL_VIEW"}) if any(record.get(key) for key in _VIEW_TEXTS) else None


def _attributes(record: Json, view: View | None, retired: list[Any], repeated: list[Any]) -> Json:
    """Collect everything that has no field of its own."""
    left = {key: value for key, value in record.items() if key not in _OWN_FIELDS}
    if isinstance(left.get("StorageDescriptor"), dict):
        storage = left["StorageDescriptor"]
        left["StorageDescriptor"] = {key: storage[key] for key in storage if key not in {"Columns", "Location"}}
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


def _fields(place: Place, record: Json, format_name: str) -> Table:
    storage = record.get("StorageDescriptor") or {}
    return Table(
        place=place,
        name=record["Name"],
        tool_type=_text(record.get("TableType")),
        description=_text(record.get("Description")),
        created_at=utc(record.get("CreateTime")),
        updated_at=utc(record.get("UpdateTime")),
        created_by=_text(record.get("CreatedBy")),
        owner=_text(record.get("Owner")),
        location=_text(storage.get("Location")),
        format=format_name,
        version=_text(record.get("VersionId")),
        columns=[],
        partition_keys=[],
        governed=record.get("IsRegisteredWithLakeFormation") is True,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _columns(found: list[Any]) -> tuple[list[WireColumn], dict[str, Json]]:
    """Make columns of dicts; members that a column should not have are kept beside them."""
    columns, more = [], {}
    for one in found:
        name = _text(one["Name"])
        extra = {key: value for key, value in one.items() if key not in _NOT_COLUMN}
        parameters = one.get("Parameters") or UNSET
        if parameters is not UNSET and not _is_text_map(parameters):
            extra["Parameters"], parameters = parameters, UNSET
        comment = one.get("Comment")
        columns.append(
            WireColumn(
                Name=name,
                Type=_text(one.get("Type")),
                Comment=UNSET if comment is None else _text(comment),
                Parameters=parameters,
            )
        )
        if extra:
            more[name] = extra
    return columns, more


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


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


def encodable(record: Json) -> tuple[Json, list[str]]:
    r"""Write lone surrogates out as `\udXXX`: no file could hold them, and leaving them out would merge names."""
    try:
        _encode(record)
    except UnicodeEncodeError:
        return _escaped(record), ["text that is not Unicode (lone surrogates) is written as \\udXXX"]
    return record, []


def _escaped(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    if isinstance(value, dict):
        return {_escaped(key): _escaped(one) for key, one in value.items()}
    return value


def utc(seconds: object) -> str:
    """Write an instant (seconds since the epoch, as Glue's JSON has it) as `YYYY-MM-DD HH:MM:SS` UTC.

    Empty where there is none; what is no number, or beyond the years 1 to 9999, stands in ATTRIBUTES.
    """
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return ""
    return _utc(int(seconds)) if YEAR_1 <= seconds < YEAR_10000 else ""


@lru_cache(maxsize=4096)
def _utc(seconds: int) -> str:
    moment = time.gmtime(seconds)
    return f"{moment[0]:04d}-{moment[1]:02d}-{moment[2]:02d} {moment[3]:02d}:{moment[4]:02d}:{moment[5]:02d}"


__all__ = ["Tables", "is_view", "utc"]
