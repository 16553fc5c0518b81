"""A load from a real Cassandra into the embedded AWS, in this process or as commands, for tests to break."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
from tests.support import commands
from tests.support.emulated import inherited

from gluepot.lake.proof import readback
from gluepot.loader.core.watcher import Silent
from gluepot.loader.jobs import LoadOptions, run_load
from gluepot.loader.plan import readfile
from gluepot.loader.plan.open import open_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.core.results import LoadedTable
    from gluepot.loader.plan.open import OpenPlan
    from gluepot.plan.records import RangeRecord
    from gluepot.plan.table import PlannedTable
    from gluepot_sandbox.aws import Emulator
    from gluepot_sandbox.cassandra import Node

REGION = "eu-central-1"
BUCKET = "lake"
DATABASE = "loaded"
ROWS = 1000
"""Of the usual table."""

RANGE_BYTES = 13_000
SMALL = 3_000
"""Bytes of a range where a load is to be caught in its midst: the usual table has more than twenty of these."""


class Hook(Silent):
    """A watcher that does something once, in the midst of a load.

    Args:
        what: What it does; other ranges are read meanwhile.
        after: How many ranges have their record by then.
    """

    def __init__(self, what: Callable[[], object], after: int = 3) -> None:
        self._what = what
        self._left = after

    def finished(self, table: PlannedTable, record: RangeRecord) -> None:  # noqa: ARG002 - a watcher's method
        """Count, and do it when it is time."""
        self._left -= 1
        if self._left == 0:
            self._what()


class Bench:
    """A keyspace, a bucket and a plan file between them.

    Args:
        node: The Cassandra.
        session: The driver's session at it.
        keyspace: The test's keyspace.
        aws: The embedded AWS.
        home: Where the plan file goes.
    """

    def __init__(self, node: Node, session: Any, keyspace: str, aws: Emulator, home: Path) -> None:
        self.node = node
        self.session = session
        self.keyspace = keyspace
        self.aws = aws
        self.home = home
        self.path = home / "plan.json"
        self.s3 = aws.client("s3", region=REGION)
        self.glue = aws.client("glue", region=REGION)
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def plan(self, **sections: Any) -> Path:
        """Write the plan file; sections replace or add to the usual ones."""
        plan: dict[str, Any] = {
            "source": {
                "keyspace": self.keyspace,
                "contact_points": [self.node.host],
                "port": self.node.port,
                "user": self.node.user,
                "password": "env:GLUEPOT_TEST_PASSWORD",
            },
            "target": {
                "database": DATABASE,
                "location": f"s3://{BUCKET}/warehouse",
                "region": REGION,
                "create_database": True,
            },
        }
        for name, values in sections.items():
            plan[name] = {**plan.get(name, {}), **values} if isinstance(values, dict) else values
        self.path.write_text(json.dumps(plan))
        return self.path

    def environment(self) -> dict[str, str]:
        """Give a command its AWS and its password."""
        mine = {"GLUEPOT_TEST_PASSWORD": self.node.password, **self.aws.environment(region=REGION)}
        return {**inherited(), **mine}

    def command(self, *arguments: str) -> list[str]:
        """Give a gluepot command as it is started."""
        return commands.spelt(*arguments, "-c", str(self.path))

    @contextlib.contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start a gluepot command, and go on; it is killed at the end, if it still runs."""
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            self.command(*arguments), env=self.environment(), stdout=pipe, stderr=pipe, text=True
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def cli(self, *arguments: str, process: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a gluepot command to its end, in a process of its own where that is the point."""
        given = (*arguments, "-c", str(self.path))
        return commands.run(*given, folder=self.home, environ=self.environment(), process=process)

    @contextlib.contextmanager
    def opened(self) -> Iterator[OpenPlan]:
        """Open the plan in this process."""
        with open_plan(self.file()) as everything:
            yield everything

    def file(self) -> PlanFile:
        """Read the plan in this process."""
        return readfile.read(self.path, environ=self.environment())

    def load(
        self,
        *,
        load_id: str = "",
        resume: bool | None = None,
        watcher: Any = None,
        range_bytes: int = RANGE_BYTES,
        temporary: Path | None = None,
    ) -> tuple[LoadedTable, ...]:
        """Load in this process, in many small ranges.

        Args:
            load_id: The load to begin or to join.
            resume: Whether an unfinished load is finished.
            watcher: Who is told, and may break something meanwhile.
            range_bytes: What one range aims at.
            temporary: Where files are while they grow.
        """
        options = LoadOptions(load_id=load_id, resume=resume, range_bytes=range_bytes, temporary=temporary)
        file = self.file()
        limits = msgspec.structs.replace(file.limits, in_flight=4)
        file = msgspec.structs.replace(file, limits=limits)
        return run_load(file, options, watcher=watcher or Silent()).tables

    def lake_rows(self, name: str) -> Counter[str]:
        """Read a loaded table as Athena's readers would: each row as text, and how often it is there."""
        found: Counter[str] = Counter()
        with self.opened() as everything:
            table = next(one for one in everything.planned.plan.tables if one.name == name)
            for batch in readback.batches(everything.lake, table):
                found.update(str(row) for row in batch.to_pylist())
        return found

    def snapshots(self, name: str) -> int:
        """Count the snapshots of a table."""
        with self.opened() as everything:
            table = everything.lake.catalog.table(name)
            return len(table.metadata.snapshots) if table is not None else 0

    def objects(self, prefix: str = "") -> list[str]:
        """List the bucket."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def tables(self) -> list[str]:
        """Name the tables of the catalog; none where the database is not there yet."""
        with contextlib.suppress(self.glue.exceptions.EntityNotFoundException):
            return [one["Name"] for one in self.glue.get_tables(DatabaseName=DATABASE)["TableList"]]
        return []

    def done(self, name: str) -> int:
        """Count the loads of a table that say they are done."""
        return sum(key.endswith("/done.json") for key in self.objects(f"warehouse/{name}/_gluepot/"))

    def orphans(self, name: str, load_id: str) -> set[str]:
        """Give the data files of a load that no snapshot of its table names."""
        with self.opened() as everything:
            table = everything.lake.catalog.table(name)
            snapshots = table.metadata.snapshots if table is not None else []
            named = {
                task.file.file_path
                for one in snapshots
                for task in (table.scan(snapshot_id=one.snapshot_id).plan_files() if table is not None else [])
            }
        there = {f"s3://{BUCKET}/{key}" for key in self.objects(f"warehouse/{name}/data/{load_id}/")}
        return there - named

    def fill(self, rows: int = ROWS, table: str = "events", *, width: int = 40) -> Counter[str]:
        """Make a table of rows, and give them as the lake is to hold them."""
        from cassandra.concurrent import execute_concurrent_with_args

        name = f"{self.keyspace}.{table}"
        self.session.execute(f"CREATE TABLE IF NOT EXISTS {name} (a int, b int, c text, PRIMARY KEY (a, b))")
        insert = self.session.prepare(f"INSERT INTO {name} (a, b, c) VALUES (?, ?, ?)")
        values = [(number % 97, number, f"text {number} " + "x" * width) for number in range(rows)]
        execute_concurrent_with_args(self.session, insert, values, concurrency=64)
        return Counter(str({"a": a, "b": b, "c": c}) for a, b, c in values)
