"""What flows from reading to files: plain values, one kind per thing that the catalog holds."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import msgspec

from gluepot.aws.arn import encode_part
from gluepot.glue.shapes import WireColumn

CREATED = "CREATED"
UPDATED = "UPDATED"
UNCHANGED = "UNCHANGED"
DELETED = "DELETED"
NOT_VISIBLE = "NOT_VISIBLE"
VISIBLE_AGAIN = "VISIBLE_AGAIN"
COLUMN_ADDED = "COLUMN_ADDED"
COLUMN_DROPPED = "COLUMN_DROPPED"
COLUMN_RETYPED = "COLUMN_RETYPED"
COLUMN_RENAMED = "COLUMN_RENAMED"
LINKAGE_GONE = "LINKAGE_GONE"
READER: Final = 2
"""The version of the reader, which a generation keeps for each table. Raise it where a record that has not changed is
read otherwise than by the version before, and let `Table.reader` say so of each table that is: such a table is written
once, with an event of EVIDENCE `reader`. 1 is release 0.1; 2 is what comes after it."""

LINK_TARGET = "LINK_TARGET"
"""The type of a database that is known as the target of a resource link only."""


class DatabaseRef(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Where a database stands, and with it everything in it.

    `account` is the owner of the database, `catalog` the path of a nested catalog ('' for the root),
    `catalog_id` what the API wants to be asked with.
    """

    server: str
    partition: str
    region: str
    account: str
    catalog: str
    catalog_id: str
    database: str

    @cached_property
    def key(self) -> tuple[str, str, str, str]:
        """What tells databases apart: owner account, region, nested catalog, name."""
        return (self.account, self.region, self.catalog, self.database)

    @cached_property
    def id(self) -> str:
        """The database's OBJECT_ID: its ARN, each part percent-encoded where it would be ambiguous."""
        return f"{self._arn}:database/{self._below}"

    @cached_property
    def table_prefix(self) -> str:
        """What stands before the table's name in a table's OBJECT_ID."""
        return f"{self._arn}:table/{self._below}/"

    def table_id(self, name: str) -> str:
        """The OBJECT_ID of one of the database's tables."""
        return self.table_prefix + encode_part(name)

    @cached_property
    def path(self) -> str:
        """`server.region.database`, a `.` inside a part replaced by `_`."""
        return ".".join(part.replace(".", "_") for part in (self.server, self.region, self.database))

    @property
    def label(self) -> str:
        """Name the place for people."""
        nested = f"{self.catalog}/" if self.catalog else ""
        return f"{nested}{self.database} ({self.account}, {self.region})"

    @property
    def _arn(self) -> str:
        return f"arn:{self.partition}:glue:{self.region}:{self.account}"

    @property
    def _below(self) -> str:
        # the path of a nested catalog keeps its own slashes: they are levels of the ARN
        nested = "/".join(encode_part(part) for part in self.catalog.split("/")) + "/" if self.catalog else ""
        return nested + encode_part(self.database)


class Linkage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stands on another: from `source` to `target`, with what says so."""

    link_type: str
    source_type: str
    source_id: str
    target_type: str
    target_id: str
    evidence: str
    confidence: float = 1.0
    updated_at: str = ""
    detail: dict[str, Any] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an object between two marks. `event_at` is UTC, `YYYY-MM-DD HH:MM:SS`."""

    event_at: str
    event_type: str
    object_type: str
    object_id: str
    parent_id: str = ""
    actor: str = ""
    evidence: str = "generation"
    before: str = ""
    after: str = ""
    detail: dict[str, Any] = {}


class Database(msgspec.Struct, kw_only=True):
    """A database, or the resource link to one.

    `attributes` is JSON text of everything that has no field of its own; `digest` the 16 bytes that
    change when something meaningful does.
    """

    place: DatabaseRef
    description: str = ""
    updated_at: str = ""
    location: str = ""
    tool_type: str = "DATABASE"
    attributes: str = "{}"
    digest: bytes = b""
    created_at: str = ""
    governed: bool = True
    """Whether Lake Formation may be hiding things here: absence then proves nothing."""
    target: DatabaseRef | None = None
    """Of a resource link: the database that it names."""

    @property
    def is_link_target(self) -> bool:
        """Whether nobody has listed it: a resource link leads to it."""
        return self.tool_type == LINK_TARGET


class Table(msgspec.Struct, kw_only=True):
    """A table or view, with its columns in order. Text is as Glue sent it, credentials redacted.

    `kind` is TABLE or VIEW; `tool_type` Glue's TableType; `attributes` JSON text of everything else
    that the API returned; `column_attributes` the same for the columns that have any beyond their
    Parameters.
    """

    place: DatabaseRef
    name: str
    id: str = ""
    """The table's OBJECT_ID; filled in when left out."""
    path: str = ""
    """`server.region.database.table`; filled in when left out."""
    plain: bool = False
    """Whether no text of it but `attributes` holds a quote or a control character."""
    kind: str = "TABLE"
    tool_type: str = ""
    description: str = ""
    query_code: str = ""
    created_at: str = ""
    updated_at: str = ""
    created_by: str = ""
    owner: str = ""
    location: str = ""
    format: str = ""
    version: str = ""
    columns: list[WireColumn]
    partition_keys: list[WireColumn]
    attributes: str = "{}"
    column_attributes: dict[str, dict[str, Any]] = {}
    digest: bytes = b""
    reader: int = 1
    """Since which version of the reader (see `READER`) the record is read as it is here."""
    governed: bool = False
    linkages: list[Linkage] = []
    warnings: list[str] = []

    def __post_init__(self) -> None:
        """Derive what was left out."""
        if not self.id:
            self.id = self.place.table_id(self.name)
        if not self.path:
            self.path = f"{self.place.path}.{self.name.replace('.', '_')}"
