"""What statements of the emulated Athena read: tables of the emulated Glue, over HTTP, in the caller's name."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa
from botocore.exceptions import BotoCoreError, ClientError

from gluepot.aws.credentials import Renewable, session_of
from gluepot.errors import ConfigError, DeniedError, GluepotError
from gluepot.lake.read.pruned import IcebergDataset
from gluepot.lake.read.snapshots import Catalog, When
from gluepot_sandbox.aws.athena.translate import PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.credentials import ReadOnlyCredentials

    from gluepot_sandbox.aws.athena.translate import Named, Translated

_SHOW_TABLES: Final = re.compile(r"\s*show\s+tables(?:\s+(?:in|from)\s+(\S+?))?\s*;?\s*", re.IGNORECASE)
_SHOW_DATABASES: Final = re.compile(r"\s*show\s+(?:databases|schemas)\s*;?\s*", re.IGNORECASE)
_DESCRIBE: Final = re.compile(r"\s*(?:describe|desc)\s+(?:(\S+?)\.)?(\S+?)\s*;?\s*", re.IGNORECASE)


class FailedError(Exception):
    """A statement failed; the text is Athena's."""


@dataclass(frozen=True)
class Reading:
    """The account that a statement reads from.

    Args:
        catalog: Its tables.
        glue: Botocore's client of Glue.
        s3: Botocore's client of S3.
        database: Where tables are that are named without a database.
    """

    catalog: Catalog
    glue: Any
    s3: Any
    database: str

    @classmethod
    def of(cls, url: str, keys: ReadOnlyCredentials, region: str, database: str) -> Reading:
        """Open the account that credentials belong to, in the emulator that listens at a URL."""
        credentials = Renewable(lambda: (keys, None))
        session = session_of(credentials)
        glue = session.create_client("glue", region_name=region, endpoint_url=url)
        s3 = session.create_client("s3", region_name=region, endpoint_url=url)
        properties = {
            "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
            "s3.access-key-id": keys.access_key or "",
            "s3.secret-access-key": keys.secret_key or "",
            "s3.session-token": keys.token or "",
            "s3.region": region,
            "s3.endpoint": url,
        }
        return cls(Catalog(glue, properties), glue, s3, database or "default")

    def register(self, con: duckdb.DuckDBPyConnection, made: Translated) -> None:
        """Make a view of every table that a statement reads."""
        for named in made.tables:
            with self.athena_errors(named):
                if named.catalog not in {"", "awsdatacatalog"}:
                    raise FailedError(f"CATALOG_NOT_FOUND: line 1:15: Catalog '{named.catalog}' does not exist")
                database = named.database or self.database
                found = self.catalog.read(database, named.name, When(named.snapshot_id))
                if found is None:
                    raise self._missing(database, named.name)
                rows = _with_paths(found.dataset) if made.asks_path else found.dataset
            _view(con, named.alias, rows, is_plain=not isinstance(found.dataset, IcebergDataset))

    def _missing(self, database: str, name: str) -> FailedError:
        where = f"awsdatacatalog.{database}"
        if database not in self.catalog.databases():
            return FailedError(f"SCHEMA_NOT_FOUND: line 1:15: Schema '{database}' does not exist")
        return FailedError(f"TABLE_NOT_FOUND: line 1:15: Table '{where}.{name}' does not exist")

    @contextlib.contextmanager
    def athena_errors(self, named: Named | None = None) -> Iterator[None]:
        """Word what goes wrong as Athena does."""
        try:
            yield
        except duckdb.InterruptException:
            raise
        except DeniedError as error:
            said = f"Access Denied ({error.why})"
            raise FailedError(
                f"PERMISSION_DENIED: {said}" if named is None else f"HIVE_ACCESS_DENIED: {said}"
            ) from error
        except ConfigError as error:
            raise FailedError(f"NOT_SUPPORTED: line 1:15: {error}") from error
        except GluepotError as error:
            raise FailedError(f"ICEBERG_CANNOT_OPEN_SPLIT: {error}") from error
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise FailedError(_worded(error)) from error

    def put(self, location: str, body: bytes) -> None:
        """Write the result."""
        bucket, _, key = location.removeprefix("s3://").partition("/")
        try:
            self.s3.put_object(Bucket=bucket, Key=key, Body=body)
            self.s3.put_object(Bucket=bucket, Key=f"{key}.metadata", Body=b"")
        except (ClientError, BotoCoreError) as error:
            raise FailedError(f"Access denied when writing output to url: {location}: {error}") from error


def _worded(error: Exception) -> str:
    said = str(error)
    if "AWS Error ACCESS_DENIED" in said or "AccessDenied" in said:
        return f"HIVE_CANNOT_OPEN_SPLIT: Access Denied: {said}"
    missing = re.search(r'Referenced column "([^"]+)" not found', said)
    if missing:
        return (
            f"COLUMN_NOT_FOUND: line 1:8: Column '{missing[1]}' cannot be resolved or requester is not authorized to "
            "access requested resources"
        )
    function = re.search(r"Function with name (\S+) does not exist", said)
    if function:
        return f"FUNCTION_NOT_FOUND: line 1:8: Function '{function[1]}' not registered"
    return f"SYNTAX_ERROR: line 1:1: {said.partition(chr(10))[0]}"


def _view(con: duckdb.DuckDBPyConnection, alias: str, rows: Any, *, is_plain: bool) -> None:  # noqa: ANN401 - a dataset or a table
    name = _quoted(alias)
    if not is_plain:
        con.register(alias, rows)
        return
    con.register(f"{alias} as it is", rows)
    columns = ", ".join(_plain(field) for field in rows.schema)
    con.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM {_quoted(f'{alias} as it is')}")  # noqa: S608 - quoted


def _plain(column: Any) -> str:  # noqa: ANN401 - Arrow's fields
    """Read a column of a plain table: there, Athena's timestamps have milliseconds and no zone."""
    name = _quoted(column.name)
    if not pa.types.is_timestamp(column.type):
        return name
    local = f"{name} AT TIME ZONE 'UTC'" if column.type.tz else name
    return f"date_trunc('milliseconds', {local}) AS {name}"


def _with_paths(dataset: Any) -> pa.Table:  # noqa: ANN401 - a dataset
    """Read a whole table with the file of each row beside it."""
    files = dataset._files(None) if isinstance(dataset, IcebergDataset) else dataset  # noqa: SLF001 - its fragments
    tables = []
    for fragment in files.get_fragments():
        table = fragment.to_table(schema=dataset.schema)
        path = pa.array([f"s3://{fragment.path}"] * table.num_rows, pa.string())
        tables.append(table.append_column(PATH, path))
    empty = dataset.schema.empty_table().append_column(PATH, pa.array([], pa.string()))
    return pa.concat_tables([empty, *tables])


def utility(sql: str, access: Reading) -> tuple[list[str], list[list[str | None]]]:
    """Answer SHOW TABLES, SHOW DATABASES and DESCRIBE; give names of columns, and rows."""
    with access.athena_errors():
        if found := _SHOW_TABLES.fullmatch(sql):
            names = access.catalog.tables(_bare(found[1]) or access.database)
            return ["tab_name"], [[name] for name in names]
        if _SHOW_DATABASES.fullmatch(sql):
            return ["database_name"], [[name] for name in access.catalog.databases()]
        if found := _DESCRIBE.fullmatch(sql):
            return ["col_name", "data_type", "comment"], _described(access, _bare(found[1]), _bare(found[2]))
    raise FailedError(f"NOT_SUPPORTED: line 1:1: the emulated Athena only reads: {sql.split(maxsplit=1)[0]}")


def _bare(name: str | None) -> str:
    return (name or "").strip("`\"'").lower()


def _described(access: Reading, database: str, name: str) -> list[list[str | None]]:
    database = database or access.database
    try:
        table = access.glue.get_table(DatabaseName=database, Name=name)["Table"]
    except access.glue.exceptions.EntityNotFoundException:
        raise FailedError(f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}") from None
    columns = table["StorageDescriptor"]["Columns"]
    return [[column["Name"], column["Type"], column.get("Comment", "")] for column in columns]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
