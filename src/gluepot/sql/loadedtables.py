"""Loaded tables as other engines meet them, and how SQL writes names and texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

Format = Literal["iceberg", "parquet"]

CATALOG: Final = "lake"
"""What engines that name their catalogs themselves are told to call the Glue catalog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A loaded table.

    Args:
        name: Its name in the Glue catalog.
        columns: Names of its columns, in order.
        format: How it is stored.
        location: Where its files lie: of a plain Parquet table, the directory that is read.
        metadata: Of an Iceberg table, its metadata file as of now.
    """

    name: str
    columns: tuple[str, ...]
    format: Format
    location: str
    metadata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A Glue database with its loaded tables.

    Args:
        database: Its name.
        region: Of catalog and buckets.
        warehouse: `s3://BUCKET/PREFIX` below which tables lie.
        tables: The tables.
        endpoint: URL of an AWS that is not Amazon's; empty for Amazon's.
    """

    database: str
    region: str
    warehouse: str
    tables: tuple[Shelved, ...]
    endpoint: str = ""

    def of(self, kind: Format) -> tuple[Shelved, ...]:
        """Give the tables that are stored in one way."""
        return tuple(one for one in self.tables if one.format == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one engine needs.

    Args:
        engine: Its name.
        notes: What to know, for people; none of it is SQL.
        files: Settings as files, by their names.
        settings: Settings as key and value.
        setup: Statements that are run first, once.
        statements: Per table, what reads it.
    """

    engine: str
    notes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    setup: tuple[str, ...] = ()
    statements: Mapping[str, str] = field(default_factory=dict)


def quoted(name: str) -> str:
    """Write an identifier of standard SQL: Athena, Trino, Redshift, DuckDB.

    Raises:
        ConfigError: No SQL holds it.
    """
    return '"' + _whole(name).replace('"', '""') + '"'


def ticked(name: str) -> str:
    """Write an identifier of Spark's SQL.

    Raises:
        ConfigError: No SQL holds it.
    """
    return "`" + _whole(name).replace("`", "``") + "`"


def text(value: str) -> str:
    """Write a text of standard SQL.

    Raises:
        ConfigError: No SQL holds it.
    """
    return "'" + _whole(value).replace("'", "''") + "'"


def _whole(name: str) -> str:
    if "\0" in name:
        raise ConfigError(f"{name!r} cannot be written in SQL", "it holds a zero byte", "rename it in the plan file")
    return name


def is_secure(endpoint: str) -> bool:
    """Say whether an endpoint is reached with TLS."""
    return endpoint.startswith("https://")


def host(endpoint: str) -> str:
    """Give host and port of an endpoint."""
    return endpoint.partition("://")[2].rstrip("/")
