"""A real Spark for tests: a driver in a process of its own that loads one plan after the other, and a cluster for it.

As a program, `python -m tests.support.sparks SETTINGS`: opens a session, then reads a line of JSON for each load.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gluepot.errors import ErrorRecord
from gluepot.loader.core.awssections import SparkSection
from gluepot.loader.core.watcher import Silent
from gluepot.loader.engines import sparksession
from gluepot.loader.jobs import LoadOptions, run_load
from gluepot.loader.plan import readfile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gluepot.errors import GluepotError
    from gluepot.loader.core import planfile
    from gluepot.loader.core.results import LoadedTable
    from gluepot.plan.records import RangeRecord
    from gluepot.plan.table import PlannedTable

LOCAL_CLUSTER = "local-cluster[2,1,1024]"
"""Two executors of one core, each a Java process with a Python daemon of its own."""

LOCAL = "local[2,4]"
"""Two tasks at a time in one process, each with up to four attempts."""

MASTERS = (LOCAL, pytest.param(LOCAL_CLUSTER, marks=pytest.mark.long))
"""What a fixture is parametrised by: the tests on a cluster are long."""

JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
WORKER_MEMORY = "1g"


class Driver:
    """A process with a Spark session.

    Args:
        process: The process.
        folder: What Spark writes: event logs, executors' output, temporary files.
    """

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder

    def load(self, plan: Path, **limits: Any) -> Outcome:
        """Load a plan file.

        Args:
            plan: The plan file.
            limits: Of `Limits`; `load_id` and `resume` as well.
        """
        return self.result(self.begin(plan, **limits))

    def begin(self, plan: Path, **limits: Any) -> Driver:
        """Begin to load a plan file; `result` waits for the end."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"plan": str(plan), **limits}) + "\n")
        self.process.stdin.flush()
        return self

    def result(self, _begun: Driver | None = None) -> Outcome:
        """Wait for a load to end."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.folder / "driver.log").read_text()[-5000:]
        return msgspec.json.decode(line, type=Outcome)

    def processes(self) -> dict[int, str]:
        """Give the command lines of the driver's processes, its own not among them."""
        return {pid: command_line(pid) for pid in descendants(self.process.pid)}

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Read Spark's event log, as far as it is written."""
        lines = [line for path in (self.folder / "events").glob("*") for line in path.read_text().splitlines()]
        found = [json.loads(line) for line in lines if f'"{kind}"' in line]
        return [one for one in found if one["Event"] == kind]

    def speculative(self) -> int:
        """Count the second attempts that Spark has made since the driver started."""
        return sum(one["Task Info"]["Speculative"] for one in self.events("SparkListenerTaskStart"))


class Table(msgspec.Struct):
    """What became of one table."""

    name: str
    load_id: str
    rows: int
    read: int
    parts: int
    resumed: int
    snapshot_id: int
    files: int
    error: ErrorRecord | None
    times: dict[str, float]

    @classmethod
    def of(cls, one: LoadedTable) -> Table:
        """Take what a load answers."""
        done = one.committed
        return cls(
            name=one.table.name,
            load_id=one.load_id,
            rows=one.rows,
            read=one.read,
            parts=one.parts,
            resumed=one.resumed,
            snapshot_id=done.snapshot_id if done else 0,
            files=done.files if done else 0,
            error=ErrorRecord.of(one.error) if one.error else None,
            times={name: getattr(one.times, name) for name in one.times.__slots__},
        )

    @property
    def raised(self) -> GluepotError | None:
        """The error."""
        return self.error.error() if self.error else None


class Outcome(msgspec.Struct):
    """What became of a load."""

    tables: list[Table]
    slots: int
    seconds: float
    read: int
    """Rows that the watcher was told of."""


class Counting(Silent):
    """A watcher that counts."""

    def __init__(self) -> None:
        self.rows = 0
        self.slots = 0

    def planned(self, tables: Sequence[PlannedTable], slots: int) -> None:  # noqa: ARG002 - a watcher's method
        """Keep the number of slots."""
        self.slots = slots

    def read(self, table: PlannedTable, rows: int, size: int) -> None:  # noqa: ARG002 - a watcher's method
        """Count rows."""
        self.rows += rows

    def finished(self, table: PlannedTable, record: RangeRecord) -> None:
        """Hear of a range."""


@contextlib.contextmanager
def driver(folder: Path, environment: Mapping[str, str], master: str = LOCAL, **conf: str) -> Iterator[Driver]:
    """Start a driver; it and all of its executors end with the context.

    Args:
        folder: What Spark writes goes here.
        environment: What the driver and its executors find.
        master: Spark's master.
        conf: Further settings, with `_` for dots.
    """
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": _made(folder / "events").as_uri(),
        "spark.local.dir": str(_made(folder / "local")),
        "spark.executor.memory": WORKER_MEMORY,
        **{name.replace("_", "."): value for name, value in conf.items()},
    }
    own = {
        **environment,
        "SPARK_HOME": str(home(folder)),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TMPDIR": str(_made(folder / "tmp")),
        "PYSPARK_PYTHON": sys.executable,
    }
    command = [sys.executable, "-m", "tests.support.sparks", json.dumps({"master": master, "conf": settings})]
    pipe = subprocess.PIPE
    with (folder / "driver.log").open("w") as log:
        process = subprocess.Popen(command, env=own, stdin=pipe, stdout=pipe, stderr=log, text=True)
    try:
        yield Driver(process, folder)
    finally:
        left = descendants(process.pid)
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        for pid in [process.pid, *left]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextlib.contextmanager
def cluster(folder: Path, environment: Mapping[str, str], hosts: tuple[str, ...]) -> Iterator[str]:
    """Start a standalone cluster: a master, and a worker with one core on each address; gives the master's URL.

    Speculation needs it: Spark makes no second attempt on the host of the first.
    """
    place = home(folder)
    own = {**environment, "SPARK_HOME": str(place), "SPARK_DAEMON_JAVA_OPTS": JVM, "SPARK_DAEMON_MEMORY": "256m"}
    own |= {"SPARK_NO_DAEMONIZE": "1", "SPARK_LOCAL_IP": hosts[0], "SPARK_WORKER_DIR": str(_made(folder / "work"))}
    own["SPARK_LOCAL_DIRS"] = str(_made(folder / "local"))
    run = [str(place / "bin" / "spark-class"), "org.apache.spark.deploy."]
    with contextlib.ExitStack() as stack:
        master = _daemon(
            [run[0], f"{run[1]}master.Master", "--host", hosts[0], "--port", "0", "--webui-port", "0"],
            own,
            folder / "master.log",
            stack,
        )
        url = _said(master, folder / "master.log", "Starting Spark master at ")
        for host in hosts:
            log = folder / f"worker-{host}.log"
            own["SPARK_LOCAL_IP"] = host
            size = ["--cores", "1", "--memory", WORKER_MEMORY]
            worker = _daemon(
                [run[0], f"{run[1]}worker.Worker", "--host", host, *size, "--webui-port", "0", url], own, log, stack
            )
            _said(worker, log, "Successfully registered with master")
        yield url


def _daemon(
    command: list[str], environment: Mapping[str, str], log: Path, stack: contextlib.ExitStack
) -> subprocess.Popen[bytes]:
    with log.open("w") as file:
        process = subprocess.Popen(command, env=dict(environment), stdout=file, stderr=subprocess.STDOUT)

    def end() -> None:
        for pid in [*descendants(process.pid), process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        process.wait()

    stack.callback(end)
    return process


def _said(process: subprocess.Popen[bytes], log: Path, words: str) -> str:
    """Wait until a daemon's log has some words; gives what follows them."""
    for _ in range(1200):
        found = log.read_text().partition(words)
        if found[1]:
            return found[2].split()[0] if found[2].split() else ""
        assert process.poll() is None, log.read_text()[-3000:]
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-3000:])


def home(folder: Path) -> Path:
    """Make a SPARK_HOME of links: Spark writes its executors' folders there, which do not belong into a library."""
    import pyspark

    place = folder / "home"
    if not place.exists():
        place.mkdir()
        for item in Path(pyspark.__file__).parent.iterdir():
            (place / item.name).symlink_to(item)
    return place


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def executors(folder: Path) -> dict[int, str]:
    """Give the command lines of the executors whose folders are below a cluster's."""
    lines = {int(one.name): command_line(int(one.name)) for one in Path("/proc").iterdir() if one.name.isdecimal()}
    return {pid: line for pid, line in lines.items() if str(folder) in line and "ExecutorBackend" in line}


def descendants(pid: int) -> list[int]:
    """List the processes that a process started, and theirs."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def command_line(pid: int) -> str:
    """Read a process's command line; empty where it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def main() -> None:
    """Open a session, then load what standard input names."""
    asked = json.loads(sys.argv[1])
    session = None
    with contextlib.ExitStack() as stack:
        for line in sys.stdin:
            wanted = json.loads(line)
            file = readfile.read(wanted.pop("plan"))
            file = msgspec.structs.replace(file, spark=SparkSection(**asked))
            session = session or stack.enter_context(sparksession.session(file))
            sys.stdout.buffer.write(msgspec.json.encode(_loaded(file, wanted)) + b"\n")
            sys.stdout.buffer.flush()


def _loaded(file: planfile.PlanFile, wanted: dict[str, Any]) -> Outcome:
    limits = msgspec.structs.replace(file.limits, in_flight=wanted.pop("in_flight", 0))
    watcher = Counting()
    began = time.monotonic()
    file = msgspec.structs.replace(file, limits=limits)
    done = run_load(file, LoadOptions(create_database=True, engine="spark", **wanted), watcher=watcher).tables
    tables = [Table.of(one) for one in done]
    return Outcome(tables=tables, slots=watcher.slots, seconds=time.monotonic() - began, read=watcher.rows)


if __name__ == "__main__":
    main()
