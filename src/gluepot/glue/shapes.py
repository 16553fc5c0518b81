"""Glue's JSON as it comes over the wire, decoded table by table.

The structs name every member of botocore's service model (a test compares them), most as any value:
what is not looked at is passed on as it came. A record with an unknown member, or with one of an
unexpected type, is decoded into plain dicts instead, so that nothing is lost. Members keep Glue's
names: https://docs.aws.amazon.com/glue/latest/webapi/API_Table.html.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from gluepot.aws.lenientjson import loads
from gluepot.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator

Maybe = str | UnsetType | None
Json = dict[str, Any]


class WireColumn(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A column as Glue sends it."""

    Name: str
    Type: Maybe = UNSET
    Comment: Maybe = UNSET
    Parameters: dict[str, str] | UnsetType | None = UNSET


Columns = list[WireColumn] | UnsetType | None


class WireStorage(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A StorageDescriptor as Glue sends it."""

    Columns: list[WireColumn] | UnsetType | None = UNSET
    Location: Maybe = UNSET
    AdditionalLocations: Any = UNSET
    InputFormat: Maybe = UNSET
    OutputFormat: Maybe = UNSET
    Compressed: Any = UNSET
    NumberOfBuckets: Any = UNSET
    SerdeInfo: Any = UNSET
    BucketColumns: Any = UNSET
    SortColumns: Any = UNSET
    Parameters: Any = UNSET
    SkewedInfo: Any = UNSET
    StoredAsSubDirectories: Any = UNSET
    SchemaReference: Any = UNSET


class WireTable(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A table as Glue sends it."""

    Name: Annotated[str, msgspec.Meta(min_length=1)]
    DatabaseName: Maybe = UNSET
    Description: Maybe = UNSET
    Owner: Maybe = UNSET
    CreateTime: Any = UNSET
    UpdateTime: Any = UNSET
    LastAccessTime: Any = UNSET
    LastAnalyzedTime: Any = UNSET
    Retention: Any = UNSET
    StorageDescriptor: WireStorage | UnsetType | None = UNSET
    PartitionKeys: list[WireColumn] | UnsetType | None = UNSET
    ViewOriginalText: Maybe = UNSET
    ViewExpandedText: Maybe = UNSET
    TableType: Maybe = UNSET
    Parameters: dict[str, str] | UnsetType | None = UNSET
    CreatedBy: Maybe = UNSET
    IsRegisteredWithLakeFormation: Any = UNSET
    TargetTable: Any = UNSET
    CatalogId: Maybe = UNSET
    VersionId: Maybe = UNSET
    FederatedTable: Any = UNSET
    ViewDefinition: Any = UNSET
    IsMultiDialectView: Any = UNSET
    IsMaterializedView: Any = UNSET
    IcebergTableMetadata: Any = UNSET
    Status: Any = UNSET
    RLSProperties: Any = UNSET


class Bad(Struct, frozen=True):
    """A record of a listing that is not one: its name where it has one, and why it cannot be used."""

    name: str
    why: str


class _Page(Struct):
    NextToken: str | None = None


class _TablePage(_Page):
    TableList: list[Raw] | UnsetType = UNSET


class _DatabasePage(_Page):
    DatabaseList: list[Raw] | UnsetType = UNSET


_token = msgspec.json.Decoder(_Page)
_tables = msgspec.json.Decoder(_TablePage)
_databases = msgspec.json.Decoder(_DatabasePage)
_table = msgspec.json.Decoder(WireTable)
_BROKEN = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def next_token(body: bytes) -> str | None:
    """Take the token of the next page out of a page, and nothing else.

    Raises:
        MalformedError: The page is not an object, or its token is not text.
    """
    try:
        return _token.decode(body).NextToken
    except _BROKEN:
        page = loads(body)
    token = page.get("NextToken") if isinstance(page, dict) else 0
    if token is not None and not isinstance(token, str):
        raise MalformedError("a page of Glue's answer has no proper NextToken", repr(token)[:80], "run again")
    return token


def table_records(body: bytes) -> Iterator[tuple[bytes, WireTable | Json | Bad]]:
    """Decode a GetTables page, each table on its own: one bad table costs one table.

    Yields:
        The table's own JSON, and the table: as a struct, or as a dict where the struct does not fit it, or `Bad`.

    Raises:
        MalformedError: The page has no TableList.
    """
    for record in _records(body, "TableList", _tables):
        raw = bytes(record)
        try:
            yield raw, _table.decode(raw)
        except _BROKEN as error:
            yield raw, _loose(raw, error)


def database_records(body: bytes) -> Iterator[tuple[Raw | bytes, Json | Bad]]:
    """Decode a GetDatabases page, each database on its own.

    Raises:
        MalformedError: The page has no DatabaseList.
    """
    for raw in _records(body, "DatabaseList", _databases):
        yield raw, _loose(raw, None)


def _records(body: bytes, key: str, decoder: Any) -> list[Raw] | list[bytes]:  # noqa: ANN401 - one of the page decoders
    try:
        records = getattr(decoder.decode(body), key)
    except _BROKEN:
        page = loads(body)
        found = page.get(key) if isinstance(page, dict) else None
        # surrogates come back escaped, as they were sent
        records = [json.dumps(record).encode() for record in found] if isinstance(found, list) else UNSET
    if records is UNSET:
        raise MalformedError(f"a page of Glue's answer has no {key}", "", "run again")
    return records  # type: ignore[no-any-return] # one of two list types


def _loose(raw: Raw | bytes, error: BaseException | None) -> Json | Bad:
    """Decode a record into dicts, and look only at what everything else stands on: its name."""
    try:
        record = loads(bytes(raw))
    except MalformedError as broken:
        return Bad("", broken.why)
    if not isinstance(record, dict):
        return Bad("", f"it is {type(record).__name__}, not an object")
    name = record.get("Name")
    if not isinstance(name, str) or not name:
        return Bad("", f"it has no name ({error or 'Name is missing'})")
    return record
