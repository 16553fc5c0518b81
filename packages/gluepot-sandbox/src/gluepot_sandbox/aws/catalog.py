"""What a catalog holds, whoever put it there: clients through moto, settings, or a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from gluepot_sandbox.aws import records, seeds, stored
from gluepot_sandbox.aws.listing import Injected, Named, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot_sandbox.aws.listing import Segment
    from gluepot_sandbox.aws.settings import ExtraDatabase, ExtraTable, RawDatabase, RawTable, Seed
    from gluepot_sandbox.aws.state import State


class Scope(NamedTuple):
    """A catalog in a region; nested catalogs carry a `:` and a path in their id."""

    catalog_id: str
    region: str


class Catalog(NamedTuple):
    """One catalog, read."""

    state: State
    scope: Scope

    def database_names(self) -> list[str]:
        """Name every database except raw ones, in order."""
        known = {*stored.database_names(*self.scope)}
        known.update(str(extra.record["Name"]) for extra in self._extra_databases())
        known.update(extra.database for extra in self._extra_tables())
        known.update(raw.database for raw in self._raw_tables())
        for seed in self._seeds():
            known.update(seeds.database_names(seed))
        return sorted(known - {raw_name(raw.name, raw.body) for raw in self._raw_databases()})

    def database_segments(self, allowed: Callable[[str], bool]) -> list[Segment]:
        """List the databases that a caller may see."""
        names = [name for name in self.database_names() if allowed(name)]
        return [Named(names, self.database), Injected([_record(raw) for raw in self._raw_databases()])]

    def database(self, name: str) -> Record | None:
        """Write the record of a database; one that exists only for its tables gets a plain one."""
        for raw in self._raw_databases():
            if raw_name(raw.name, raw.body) == name:
                return _record(raw)
        found = self._database(name)
        if found is None:
            return None
        self.state.check_record("Database", found)
        return records.encode(name, found)

    def has_database(self, name: str) -> bool:
        """Say whether a database exists."""
        raw = any(raw_name(raw.name, raw.body) == name for raw in self._raw_databases())
        return raw or self._database(name) is not None

    def created(self, name: str) -> float | None:
        """Say when a database was made, in seconds since 1970; None where there is none."""
        found = self._database(name)
        moment = found.get("CreateTime", 0.0) if found is not None else None
        return float(moment) if isinstance(moment, int | float) else None

    def target(self, name: str) -> tuple[Scope, str] | None:
        """Say where a database resource link leads."""
        found = self._database(name) or {}
        link = found.get("TargetDatabase")
        if not isinstance(link, dict):
            return None
        scope = Scope(str(link.get("CatalogId", self.scope.catalog_id)), str(link.get("Region", self.scope.region)))
        return scope, str(link["DatabaseName"])

    def table_segments(self, database: str) -> list[Segment]:
        """List the tables of a database."""
        extras = {str(extra.record.get("Name")) for extra in self._extra_tables() if extra.database == database}
        names = sorted({*stored.table_names(*self.scope, database), *extras})
        segments: list[Segment] = [Named(names, lambda name: self._named(database, name))]
        segments += [found for seed in self._seeds() if (found := seeds.find_tables(seed, database))]
        raws = [_record(raw) for raw in self._raw_tables() if raw.database == database]
        return [*segments, Injected(raws)] if raws else segments

    def table(self, database: str, name: str) -> Record | None:
        """Write the record of one table."""
        for raw in self._raw_tables():
            if raw.database == database and raw_name(raw.name, raw.body) == name:
                return _record(raw)
        named = self._named(database, name)
        if named is not None:
            return named
        groups = (seeds.find_tables(seed, database) for seed in self._seeds())
        return next((record for group in groups if group and (record := group.find(name))), None)

    def _named(self, database: str, name: str) -> Record | None:
        record = self._extra_table(database, name) or stored.table(*self.scope, database, name, self.state.creators)
        if record is None:
            return None
        self.state.check_record("Table", record)
        return records.encode(name, record)

    def _database(self, name: str) -> dict[str, object] | None:
        catalog_id = self.scope.catalog_id
        for extra in self._extra_databases():
            if extra.record["Name"] == name:
                return records.database_record(extra.record, name, float(seeds.EPOCH), catalog_id)
        kept = stored.database(*self.scope, name)
        if kept is not None:
            return kept
        if any(seeds.find_tables(seed, name) for seed in self._seeds()):
            record = seeds.database_record(name, catalog_id)
            return {"CreateTableDefaultPermissions": records.OPEN_PERMISSIONS, **record}
        holders = {extra.database for extra in self._extra_tables()} | {raw.database for raw in self._raw_tables()}
        if name in holders:
            return records.database_record({}, name, float(seeds.EPOCH), catalog_id)
        return None

    def _extra_table(self, database: str, name: str) -> dict[str, object] | None:
        for extra in self._extra_tables():
            if extra.database == database and extra.record.get("Name") == name:
                added: dict[str, object] = {
                    "DatabaseName": database,
                    "CreateTime": float(seeds.EPOCH),
                    "UpdateTime": float(seeds.EPOCH),
                    "Retention": 0,
                    "CreatedBy": f"arn:aws:iam::{self.scope.catalog_id[:12]}:root",
                    "IsRegisteredWithLakeFormation": False,
                    "CatalogId": self.scope.catalog_id,
                    "VersionId": "0",
                }
                return {**added, **extra.record}
        return None

    def _seeds(self) -> list[Seed]:
        return [seed for seed in self.state.settings.seeds if (seeds.catalog_of(seed), seed.region) == self.scope]

    def _extra_databases(self) -> list[ExtraDatabase]:
        return [item for item in self.state.settings.databases if (item.catalog_id, item.region) == self.scope]

    def _extra_tables(self) -> list[ExtraTable]:
        return [item for item in self.state.settings.tables if (item.catalog_id, item.region) == self.scope]

    def _raw_databases(self) -> list[RawDatabase]:
        return [item for item in self.state.settings.raw_databases if (item.catalog_id, item.region) == self.scope]

    def _raw_tables(self) -> list[RawTable]:
        return [item for item in self.state.settings.raw_tables if (item.catalog_id, item.region) == self.scope]


def raw_name(name: str, body: bytes) -> str:
    """Name a raw record: as told, else as its bytes say, where they can be read."""
    if name:
        return name
    try:
        return msgspec.json.decode(body, type=_Named).name
    except (msgspec.DecodeError, UnicodeError):
        return ""


class _Named(msgspec.Struct):
    name: str = msgspec.field(name="Name", default="")


def _record(raw: RawTable | RawDatabase) -> Record:
    return Record(raw_name(raw.name, raw.body).encode(), raw.body, raw=True)
