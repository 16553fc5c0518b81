"""Loads of two tables, disturbed at each write to S3 and Glue, by signals, and by services that fail.

A write is stopped before it is done, and after it: the connection is cut then, at this call and at all later ones, and
the process killed. What stands is read by pyiceberg over the emulated Glue and S3, and compared row by row.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace
from tries.readers import REGION
from tries.trials import HALF, NOTHING, SILENT, WHOLE, Tally, ended

from gluepot_sandbox import aws as emulator
from gluepot_sandbox import cassandra
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot_sandbox.aws import Emulator
    from gluepot_sandbox.cassandra import Node

TABLES: Final = ("first", "second")
ROWS: Final = 120
WIDTH: Final = 10_000
WRITES: Final = {"s3": "[PD]*", "glue": "[CUDB]*"}
"""PUT, POST and DELETE; Create..., Update..., Delete..., Batch..."""


class Loads:
    """A keyspace that does not change, loaded again and again into databases of their own."""

    def __init__(self, node: Node, aws: Emulator, scratch: Path) -> None:
        self.node, self.aws, self.scratch = node, aws, scratch
        self.numbers = count()
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHONPATH"))}
        self.environ = {**kept, **aws.environment(region=REGION), "CASSANDRA_PASSWORD": node.password}
        s3 = aws.client("s3", region=REGION)
        s3.create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.expected = self._fill()

    @staticmethod
    def tried(scale: int, parts: tuple[str, ...]) -> Iterator[tuple[str, Tally]]:
        """Try all of it, each mode by itself; gives what was tried as soon as it is known."""
        with ExitStack() as stack:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            node = stack.enter_context(cassandra.start(scratch / "node", heap="512m"))
            loads = Loads(node, stack.enter_context(emulator.start()), scratch)
            for mode in ("append", "replace"):
                if "kills" in parts:
                    yield f"killed, {mode}", loads.kills(mode)
                if "signals" in parts:
                    yield f"Ctrl-C, SIGTERM, SIGHUP, {mode}", loads.signals(mode, scale)
                if "faults" in parts:
                    yield from ((f"{name}, {mode}", tally) for name, tally in loads.faults(mode, scale).items())

    def _fill(self) -> Counter[str]:
        from cassandra.concurrent import execute_concurrent_with_args  # noqa: PLC0415 - `cassandra` is the server here

        session = self.node.connect()
        strategy = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
        session.execute(f"CREATE KEYSPACE own WITH replication = {strategy}")
        for table in TABLES:
            session.execute(f"CREATE TABLE own.{table} (k text PRIMARY KEY, v text)")
            put = session.prepare(f"INSERT INTO own.{table} (k, v) VALUES (?, ?)")  # noqa: S608 - our own names
            values = [(f"key {number}", f"{number} " + "v" * WIDTH) for number in range(ROWS)]
            execute_concurrent_with_args(session, put, values, concurrency=64)
        session.cluster.shutdown()
        return Counter(f"key {number}" for number in range(ROWS))

    def plan(self, mode: str) -> Path:
        """Write a plan into a database of its own."""
        number = next(self.numbers)
        plan = {
            "source": {
                "keyspace": "own", "contact_points": [self.node.host], "port": self.node.port, "user": self.node.user,
                "password": "env:CASSANDRA_PASSWORD",
            },
            "target": {
                "database": f"try_{number}", "location": f"s3://bench/try_{number}", "region": REGION,
                "create_database": True, "mode": mode,
            },
            "limits": {"range_mb": 1},
        }  # fmt: skip
        path = self.scratch / f"plan_{number}.json"
        path.write_text(json.dumps(plan))
        return path

    def start(self, plan: Path) -> subprocess.Popen[bytes]:
        """Start the load."""
        command = [sys.executable, "-m", "gluepot", "load", "run", "-c", str(plan)]
        with plan.with_suffix(".log").open("ab") as log:
            return subprocess.Popen(
                command, env=self.environ, cwd=self.scratch, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def rows(self, plan: Path) -> dict[str, Counter[str]]:
        """Read what stands in the tables."""
        from pyiceberg.catalog.glue import GlueCatalog  # noqa: PLC0415 - only where a load is looked at
        from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError  # noqa: PLC0415 - likewise

        names = self.environ
        keys: dict[str, Any] = {
            "region_name": REGION, "aws_access_key_id": names["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": names["AWS_SECRET_ACCESS_KEY"], "endpoint_url": self.aws.url,
        }  # fmt: skip
        import boto3  # noqa: PLC0415 - likewise

        store = {
            "s3.endpoint": self.aws.url, "s3.region": REGION, "s3.access-key-id": names["AWS_ACCESS_KEY_ID"],
            "s3.secret-access-key": names["AWS_SECRET_ACCESS_KEY"],
        }  # fmt: skip
        catalog = GlueCatalog("glue", client=boto3.client("glue", **keys), **store)
        found = {}
        for table in TABLES:
            try:
                read = catalog.load_table((plan.stem.replace("plan", "try"), table)).scan().to_arrow()
            except (NoSuchTableError, NoSuchNamespaceError):
                found[table] = Counter[str]()
            else:
                found[table] = Counter(map(str, read["k"].to_pylist()))
        return found

    def times(self, turns: int) -> dict[str, Counter[str]]:
        """Say what so many loads leave."""
        return {table: Counter(dict.fromkeys(self.expected, turns) if turns else {}) for table in TABLES}

    def attempt(self, tally: Tally, what: str, mode: str, disturb: Callable[[Path], int | None]) -> None:
        """Disturb a load, look, load again, look. What is appended to was loaded once before."""
        plan = self.plan(mode)
        before, after = (1, 2) if mode == "append" else (0, 1)
        if before and self.start(plan).wait():
            raise SystemExit(plan.with_suffix(".log").read_text())
        code = disturb(plan)
        self.aws.change(faults=())
        now = self.rows(plan)
        each = {self._stands(now[table], before, after) for table in TABLES}
        verdict = WHOLE if now == self.times(after) else SILENT if code == 0 else HALF if HALF in each else NOTHING
        again = ended(self.start(plan)) if code else 0
        finally_ = self.rows(plan)
        tally.tries += 1
        tally.hung += code is None
        tally.count(verdict)
        tally.again += bool(again) or finally_ != self.times(after)
        if again or finally_ != self.times(after) or verdict in {SILENT, HALF}:
            counts = {table: sum(rows.values()) for table, rows in finally_.items()}
            tally.odd.append(f"{what}, {mode}: exit {code}, {verdict}; again exit {again}, {counts}")

    def _stands(self, rows: Counter[str], before: int, after: int) -> str:
        return NOTHING if rows in (self.times(before)[TABLES[0]], self.times(after)[TABLES[0]]) else HALF

    def kills(self, mode: str) -> Tally:
        """Stop at each write, before it is done and after it."""
        tally = Tally()
        for service, operation in WRITES.items():
            number, reached = 0, True
            while reached:
                for kind in (FaultKind.CUT, FaultKind.RESET):
                    reached = self._killed(tally, mode, service, operation, kind, number)
                number += 1
        return tally

    def _killed(self, tally: Tally, mode: str, service: str, operation: str, kind: FaultKind, number: int) -> bool:
        """Kill at one write; tell whether the load came so far."""
        struck = False

        def disturb(plan: Path) -> int | None:
            nonlocal struck
            here = Fault(kind, service=service, operation=operation, skip=number, times=1)
            later = Fault(FaultKind.CUT, service=service, operation=operation, skip=number + 1)
            self.aws.change(faults=[here, later])
            process = self.start(plan)
            while process.poll() is None:
                if self.aws.struck()[0]:
                    struck = True
                    process.kill()
                time.sleep(0.01)
            return process.wait()

        self.attempt(tally, f"kill at {service} write {number}, {kind.value}", mode, disturb)
        return struck

    def signals(self, mode: str, scale: int) -> Tally:
        """Send what a terminal, a scheduler and a closed session send."""
        tally = Tally()
        began = time.monotonic()
        self.start(self.plan(mode)).wait()
        seconds = time.monotonic() - began
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for moment in range(2 * scale):
                wait = seconds * (moment + 0.5) / (2 * scale)

                def disturb(plan: Path, wait: float = wait, number: signal.Signals = number) -> int | None:
                    process = self.start(plan)
                    time.sleep(wait)
                    process.send_signal(number)
                    return ended(process)

                self.attempt(tally, f"{number.name} after {wait:.2f} s", mode, disturb)
        return tally

    def faults(self, mode: str, scale: int) -> dict[str, Tally]:
        """Let S3 and Glue fail in passing."""
        kinds = {
            "S3: SlowDown": Fault(FaultKind.THROTTLE, service="s3"),
            "S3: 500": Fault(FaultKind.ERROR, service="s3"),
            "S3: connection reset": Fault(FaultKind.RESET, service="s3"),
            "S3: half a body": Fault(FaultKind.TRUNCATE, service="s3", operation="GET"),
            "Glue: throttled": Fault(FaultKind.THROTTLE),
            "Glue: 500": Fault(FaultKind.ERROR),
            "Glue: connection reset": Fault(FaultKind.RESET),
        }
        found = {}
        for name, fault in kinds.items():
            tally = found[name] = Tally()
            for seed in range(scale):
                drawn = replace(fault, probability=0.33, seed=seed, times=12)

                def disturb(plan: Path, drawn: Fault = drawn) -> int | None:
                    self.aws.change(faults=[drawn])
                    return ended(self.start(plan))

                self.attempt(tally, f"{name} {seed}", mode, disturb)
        return found
