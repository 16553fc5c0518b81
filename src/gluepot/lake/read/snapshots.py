"""Tables of a Glue catalog as Arrow datasets: an Iceberg table at one of its snapshots, or a plain Parquet table.

Nothing is read before somebody scans: a dataset knows its files and its schema. `gluepot.lake.read.pruned` says how a
scan leaves files and columns out.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow.fs import FileSelector, FileType
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import StaticTable

from gluepot.aws.faults import scope_error
from gluepot.errors import ConfigError, GluepotError, LakeError
from gluepot.lake.commit.account import Account
from gluepot.lake.commit.errors import read_error
from gluepot.lake.read.pruned import IcebergDataset
from gluepot.lake.types import hivetype

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

    from gluepot.aws.access import Access
    from gluepot.aws.credentials import Renewable

_MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class When:
    """Which state of a table is read.

    Args:
        snapshot_id: The snapshot; 0 for the current one, or the one that `as_of` finds.
        as_of: The instant, with its time zone, whose state is wanted; None for now.
    """

    snapshot_id: int = 0
    as_of: datetime | None = None

    @property
    def is_now(self) -> bool:
        """Whether it is the current state."""
        return not self.snapshot_id and self.as_of is None


NOW: Final = When()


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A table as it can be read.

    Args:
        database: Its database in the Glue catalog.
        name: Its name.
        dataset: Its rows.
        snapshot_id: The Iceberg snapshot; 0 for an Iceberg table without any, and for plain Parquet.
        committed: When that was committed; None where there is none.
    """

    database: str
    name: str
    dataset: ds.Dataset
    snapshot_id: int = 0
    committed: datetime | None = None


class Catalog:
    """What can be read of one account's Glue catalog in one region.

    Args:
        glue: A botocore client of Glue.
        properties: What pyiceberg needs to reach S3, secrets among them: never printed.
    """

    def __init__(self, glue: Any, properties: dict[str, str]) -> None:  # noqa: ANN401 - botocore's clients have no types
        self._glue = glue
        self._properties = properties

    @classmethod
    def open(cls, access: Access | Renewable, region: str) -> Catalog:
        """Open the catalog that an access leads to; nothing is asked of it yet.

        Raises:
            CredentialsError: There are no credentials, or they are refused.
        """
        return cls.of(Account(access, region))

    @classmethod
    def of(cls, account: Account) -> Catalog:
        """Open an account's catalog; nothing is asked of it yet.

        Raises:
            CredentialsError: There are no credentials, or they are refused.
        """
        return cls(account.glue.reads, account.io_properties())

    def databases(self) -> tuple[str, ...]:
        """Name the databases."""
        with _mapped_errors("the Glue catalog", "glue:GetDatabases", "arn:aws:glue:*:*:catalog"):
            return self._names(self._glue.get_databases, "DatabaseList")

    def tables(self, database: str) -> tuple[str, ...]:
        """Name the tables of a database, readable or not.

        Raises:
            ConfigError: There is no such database.
        """
        with _mapped_errors(f"database {database}", "glue:GetTables", f"arn:aws:glue:*:*:database/{database}"):
            try:
                return self._names(self._glue.get_tables, "TableList", DatabaseName=database)
            except self._glue.exceptions.EntityNotFoundException:
                raise ConfigError(f"there is no database {database} in the Glue catalog") from None

    def _names(self, call: Callable[..., dict[str, Any]], members: str, **parameters: str) -> tuple[str, ...]:
        """List names, page by page; gluepot's sessions hand on the bodies of listings as they came."""
        names: list[str] = []
        more = dict(parameters)
        while True:
            page = msgspec.json.decode(call(**more)["Body"])
            names += [entry["Name"] for entry in page[members]]
            if not page.get("NextToken"):
                return tuple(names)
            more["NextToken"] = page["NextToken"]

    def read(self, database: str, name: str, when: When = NOW) -> Readable | None:
        """Give a table's rows; None where there is no such table.

        Raises:
            ConfigError: It is no table that can be read here, or has no state for `when`.
            DeniedError: Glue or S3 refused.
            LakeError: Its metadata cannot be read.
        """
        where = f"table {database}.{name}"
        with _mapped_errors(where, "glue:GetTable", f"arn:aws:glue:*:*:table/{database}/{name}"):
            try:
                found = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
            except self._glue.exceptions.EntityNotFoundException:
                return None
        with _mapped_errors(
            where, "s3:GetObject and s3:ListBucket", found.get("StorageDescriptor", {}).get("Location", "")
        ):
            location = found.get("Parameters", {}).get("metadata_location")
            if location:
                return self._iceberg(StaticTable.from_metadata(location, self._properties), database, name, when)
            return self._parquet(found, database, name, when)

    def _iceberg(self, table: Table, database: str, name: str, when: When) -> Readable:
        snapshot = _snapshot(table, f"{database}.{name}", when)
        return Readable(
            database=database,
            name=name,
            dataset=IcebergDataset.of(table, snapshot.snapshot_id if snapshot and not when.is_now else None),
            snapshot_id=snapshot.snapshot_id if snapshot else 0,
            committed=datetime.fromtimestamp(snapshot.timestamp_ms / _MILLISECONDS, UTC) if snapshot else None,
        )

    def _parquet(self, found: dict[str, Any], database: str, name: str, when: When) -> Readable:
        """Read a plain table: the files directly below its location, as Athena does, and its columns from Glue."""
        where = f"{database}.{name}"
        if why := _unreadable(found):
            raise ConfigError(f"{where} cannot be queried here", why, "query it with Athena")
        if not when.is_now:
            hint = 'load it with format = "iceberg" to keep earlier states'
            raise ConfigError(f"{where} has no snapshots", "it is a plain Parquet table: what was there is gone", hint)
        storage = found["StorageDescriptor"]
        schema = hivetype.schema_of([(column["Name"], column["Type"]) for column in storage["Columns"]])
        return Readable(database=database, name=name, dataset=self._files(storage["Location"], schema))

    def _files(self, location: str, schema: pa.Schema) -> ds.Dataset:
        scheme, bucket, path = PyArrowFileIO.parse_location(location.rstrip("/"), self._properties)
        filesystem = PyArrowFileIO(self._properties).fs_by_scheme(scheme, bucket)
        there = filesystem.get_file_info(FileSelector(path, allow_not_found=True, recursive=True))
        form = ds.ParquetFileFormat()
        files = [
            form.make_fragment(file.path, filesystem)
            for file in there
            if file.is_file and file.size and not _is_hidden(file.path.removeprefix(path))
        ]
        if not there and filesystem.get_file_info(bucket).type == FileType.NotFound:
            raise ConfigError(f"there is no bucket {bucket}", f"{location} lies in it", "was it deleted?")
        # Hive's types say less than the files: whether a timestamp has a zone, for one
        written = files[0].physical_schema if files else schema
        known = pa.schema([written.field(field.name) if field.name in written.names else field for field in schema])
        return ds.FileSystemDataset(files, known, form, filesystem)


def _is_hidden(path: str) -> bool:
    """Say whether a path below a table's location is none of its data: Hive skips names like these."""
    return any(part.startswith(("_", ".")) for part in path.split("/"))


def _unreadable(found: dict[str, Any]) -> str:
    """Say why a Glue table is neither Iceberg nor plain Parquet; empty where it is."""
    storage = found.get("StorageDescriptor", {})
    if found.get("TargetTable"):
        return "it is a resource link"
    if found.get("TableType") == "VIRTUAL_VIEW":
        return "it is a view, in another engine's SQL"
    if "parquet" not in storage.get("InputFormat", "").lower():
        return "it is neither an Iceberg table nor a Parquet table"
    if found.get("PartitionKeys"):
        return "it is a partitioned Parquet table, and gluepot makes none"
    return "" if storage.get("Location") else "it has no location"


def _snapshot(table: Table, where: str, when: When) -> Snapshot | None:
    """Find the snapshot that is asked for; None where the table has none yet and nothing is asked for."""
    if when.snapshot_id:
        return _by_id(table, where, when.snapshot_id)
    if when.as_of is None:
        return table.current_snapshot()
    found = table.snapshot_as_of_timestamp(int(when.as_of.timestamp() * _MILLISECONDS))
    if found is None:
        first = min((entry.timestamp_ms for entry in table.history()), default=None)
        why = f"its first snapshot is of {_instant(first)}" if first else "it has no snapshot"
        raise ConfigError(f"{where} had no rows as of {_iso(when.as_of)}", why, "ask for a later time")
    return found


def _by_id(table: Table, where: str, snapshot_id: int) -> Snapshot:
    found = table.snapshot_by_id(snapshot_id)
    if found is None:
        known = [f"{snapshot.snapshot_id} of {_instant(snapshot.timestamp_ms)}" for snapshot in table.snapshots()[-5:]]
        why = f"it has {', '.join(known)}" if known else "it has none"
        raise ConfigError(f"{where} has no snapshot {snapshot_id}", why, "name one of these, or use --as-of")
    return found


def _instant(milliseconds: int) -> str:
    return _iso(datetime.fromtimestamp(milliseconds / _MILLISECONDS, UTC))


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(sep=" ", timespec="seconds")


@contextlib.contextmanager
def _mapped_errors(what: str, action: str, resource: str) -> Iterator[None]:
    """Turn what botocore, pyarrow and pyiceberg raise into gluepot's errors."""
    try:
        yield
    except GluepotError:
        raise
    except OSError as error:
        raise read_error(error, what, resource) from error
    except Exception as error:
        if hasattr(error, "response") or type(error).__module__.startswith("botocore"):
            raise scope_error(error, what, action, resource) from error  # type: ignore[arg-type] # it is botocore's
        raise LakeError(
            f"{what} cannot be read", f"{type(error).__name__}: {error}", "is its metadata whole?"
        ) from error
