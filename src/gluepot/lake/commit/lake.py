"""What a load begins in: a Glue database, and the locations of its tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from gluepot.errors import ConfigError, LakeError
from gluepot.lake.commit import checks, layout, records
from gluepot.lake.commit.account import Account
from gluepot.lake.commit.catalog import IcebergCatalog
from gluepot.lake.commit.ends import Ends
from gluepot.lake.commit.partition import FILE_BYTES, SHARE_BYTES, LocalDisk
from gluepot.lake.commit.protocol import Change
from gluepot.lake.commit.staging import Staging, stands
from gluepot.lake.commit.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gluepot.aws.access import Access
    from gluepot.aws.credentials import Renewable
    from gluepot.cassandra.cql import Range
    from gluepot.errors import GluepotError
    from gluepot.lake.commit.layout import LoadRecord
    from gluepot.plan.identity import Latest
    from gluepot.plan.table import PlannedTable


@dataclass(frozen=True, slots=True)
class Lake:
    """A Glue database and the buckets that its tables lie in.

    Args:
        account: How it is reached.
        database: The database.
        temporary: Where files are while they grow; None for the system's place for temporary files.
        partition_bytes: When a file of a partition is ended.
        disk_bytes: Of the local disk that the second pass of a partitioned table may take at once.
        take_over: Whether tables that hold another source may be loaded over.
    """

    account: Account
    database: str
    temporary: Path | None = None
    partition_bytes: int = FILE_BYTES
    disk_bytes: int = SHARE_BYTES
    take_over: bool = False

    @classmethod
    def open(cls, access: Access | Renewable, region: str, database: str, *, temporary: Path | None = None) -> Lake:
        """Open a lake; nothing is called yet.

        Args:
            access: How the account is reached, or credentials that renew themselves.
            region: Of catalog and buckets.
            database: The Glue database.
            temporary: Where files are while they grow; None for the system's place for temporary files.
        """
        return cls(Account(access, region), database, temporary)

    @property
    def catalog(self) -> IcebergCatalog:
        """The database's Iceberg tables."""
        return IcebergCatalog(self.account, self.database)

    def store(self, table: PlannedTable) -> Store:
        """Open a table's location."""
        return Store(self.account, table.location)

    def check_database(self) -> None:
        """Look whether the database is there.

        Raises:
            AbsentError: It is not.
            ScopeError: Glue refused to say.
        """
        checks.check_database(self.catalog)

    def look(self, table: PlannedTable) -> Iterator[GluepotError | str]:
        """Say everything that keeps a table from being loaded, and, as texts, what a load changes about it."""
        yield from checks.look(self.catalog, self.store(table), table, take_over=self.take_over)

    def check_origin(self, table: PlannedTable) -> None:
        """Look whether a table that is there was loaded from the plan's source; one that gluepot did not make was not.

        Raises:
            ConfigError: It holds another one.
        """
        glue = self.account.glue.table(self.database, table.name)
        if glue is not None:
            checks.check_origin(glue, self.database, table, take_over=self.take_over)

    def create_database(self, location: str = "") -> None:
        """Create the Glue database; one that is there stays as it is.

        Args:
            location: Where tables that other tools create in it go by default; empty for nowhere.
        """
        self.account.glue.create_database(self.database, location)

    def ends(self, table: PlannedTable) -> Ends:
        """Open the ends of runs that a table of a plan is loaded by; nothing is called yet."""
        return Ends(Store(self.account, table.location.rstrip("/").rpartition("/")[0]))

    def latest(self, table: PlannedTable, load_id: str = "", ends: Ends | None = None) -> Latest | None:
        """Find the newest load of a table's location, or the one that is asked for; None where there is none.

        A load that was cut short between its commit and the record of that is found in its table, and is done.

        Args:
            table: The plan.
            load_id: The load; empty for the newest.
            ends: Of the plan's runs, where they are open already.
        """
        store = self.store(table)
        found = records.load(store, load_id) if load_id else records.latest(store)
        if found is None:
            return None
        run = (ends or self.ends(table)).open_run(found.run) if found.run else ""
        found = replace(found, run=run)
        if found.is_done and not run:
            return found
        return self._standing(table, store, found)

    def _standing(self, table: PlannedTable, store: Store, found: Latest) -> Latest:
        """Look into its table how a load stands that was cut short, or whose run was."""
        record = store.read(layout.load_key(found.load_id), layout.LoadRecord)
        where = (self.database, table.name, table.format)
        if record is None or (record.database, record.table, record.format) != where:
            return found
        standing = stands(store, Change(table, record, ()))
        if standing == "committed":
            return replace(found, is_done=True, is_cut_short=True)
        return replace(found, run="") if found.is_done else replace(found, conflict=standing)

    def begin(
        self,
        table: PlannedTable,
        *,
        load_id: str,
        digest: str,
        ranges: Sequence[Range],
        together: tuple[str, ...] = (),
    ) -> Staging:
        """Begin a load, or join the load of that id: the ranges that it recorded then win.

        Args:
            table: The plan.
            load_id: The load.
            digest: Of the plan.
            ranges: Token ranges that cover the ring.
            together: The tables that the run means to load.

        Raises:
            ConfigError: The load of that id is of another plan, or the table cannot take it.
            LakeError: The store did not take the record.
        """
        store = self.store(table)
        key = layout.load_key(layout.checked_id(load_id))
        record = store.read(key, layout.LoadRecord)
        if record is None:
            made = msgspec.structs.replace(self._record(table, load_id, digest, ranges), together=together)
            record = store.create(key, made)
        if record.digest != digest or record.table != table.name or record.database != self.database:
            raise ConfigError(
                f"load {load_id} at {table.location} is of another plan",
                f"it began at {record.started} for table {record.database}.{record.table}",
                "run it with the plan that it began with, or leave the load id out to begin another",
            )
        return Staging(store, table, record, records.finished(store, load_id), self._disk)

    def kept(self, table: PlannedTable, load_id: str) -> Staging:
        """Open a load that is committed, under whatever plan that was; nothing more is read for it.

        Raises:
            LakeError: Its record is gone.
        """
        store = self.store(table)
        record = store.read(layout.load_key(load_id), layout.LoadRecord)
        if record is None:
            where = f"nothing is at {store.url(layout.load_key(load_id))}"
            raise LakeError(f"the records of load {load_id} are gone", where, "load the table anew: --no-resume")
        return Staging(store, table, record, records.finished(store, load_id), self._disk)

    def join(self, table: PlannedTable, record: LoadRecord) -> Staging:
        """Take part in a load that another process began, knowing of no finished range: nothing is called yet.

        Args:
            table: The plan.
            record: The load, as `Staging.shared` gives it.
        """
        return Staging(self.store(table), table, record, {}, self._disk)

    @property
    def _disk(self) -> LocalDisk:
        return LocalDisk(self.temporary, self.partition_bytes, self.disk_bytes)

    def _record(self, table: PlannedTable, load_id: str, digest: str, ranges: Sequence[Range]) -> LoadRecord:
        schema, base, notes = checks.target(self.catalog, table, take_over=self.take_over)
        return layout.LoadRecord(
            load_id=load_id,
            digest=digest,
            database=self.database,
            table=table.name,
            format=table.format,
            mode=table.mode,
            started=layout.now(),
            ranges=layout.pairs(ranges),
            schema=schema.model_dump(mode="json", by_alias=True),
            base=base,
            notes=notes,
            plan=table,
        )
