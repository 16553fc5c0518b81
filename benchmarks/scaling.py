"""Measure a load on Spark at 1, 2 and 4 executors, and what committing many files takes.

    python benchmarks/scaling.py                             # everything, about ten minutes
    python benchmarks/scaling.py --rows 100000 --executors 1 2    # a quick look
    python benchmarks/scaling.py --page                      # writes docs/scaling.md too

Executors are processes of one core each (Spark's local-cluster). The table is that of benchmarks/load.py; pages are
replayed from memory (benchmarks/replay.py), since Cassandra would take the cores that are to be measured: once as fast
as the machine gives them, and once each after a fixed time, as from a cluster that is far away, where executors mostly
wait. Each session loads once to warm up; what is told is the load itself, from the first range to the commit.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import events
from msgspec.structs import replace

from gluepot.loader.core import planfile
from gluepot.loader.core.awssections import SparkSection
from gluepot.loader.core.origin import Origin
from gluepot.loader.core.watcher import Silent
from gluepot.loader.engines import spark, sparksession
from gluepot.loader.engines.local import Local
from gluepot.loader.load import Limits, Load
from gluepot.loader.plan import readfile
from gluepot.loader.plan.open import open_plan
from gluepot.plan.identity import Rule
from gluepot_sandbox import aws as emulator
from gluepot_sandbox import cassandra as server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.loader.core.results import LoadedTable
    from gluepot.plan.table import PlannedTable
    from gluepot_sandbox.aws import Emulator

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "scaling.md"
REGION = "eu-central-1"
RANGE_BYTES = 2_000_000
DISTANCE = 0.25
"""Seconds that each page of 2 MB takes from afar: 8 MB/s for a range that is read alone."""

RANGES = (16, 128, 512)
VCPUS = 4
"""Of one DPU, which a G.1X worker has: https://docs.aws.amazon.com/glue/latest/dg/add-job.html"""


@dataclass(frozen=True)
class Ran:
    """One load: its table, its seconds, and the calls to S3 and Glue."""

    table: LoadedTable
    seconds: float
    calls: int

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.table.rows / self.seconds


class Clock(Silent):
    """Takes the time from the first range to the commit, and counts the calls of that time.

    Args:
        aws: Counts them.
    """

    def __init__(self, aws: Emulator) -> None:
        self.seconds = 0.0
        self._aws = aws
        self._began = 0.0

    def began(self, table: PlannedTable, ranges: int, finished: int) -> None:  # noqa: ARG002 - a watcher's method
        """Begin."""
        self._aws.forget()
        self._began = time.perf_counter()

    def ended(self, table: PlannedTable, rows: int, error: str) -> None:  # noqa: ARG002 - a watcher's method
        """End."""
        self.seconds = time.perf_counter() - self._began


@contextlib.contextmanager
def replayed(port: int, seconds: float) -> Iterator[int]:
    """Start the proxy that replays pages; gives its port."""
    command = [sys.executable, str(HERE / "replay.py"), str(port), events.TABLE, str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proxy:
        yield int((proxy.stdout or sys.stdin).readline())
        if proxy.stdin:
            proxy.stdin.close()


def plan(port: int, user: str, executors: int) -> planfile.PlanFile:
    """Make the plan."""
    source = {"keyspace": "bench", "contact_points": ["127.0.0.1"], "port": port}
    source |= {"user": user, "password": "env:CASSANDRA_PASSWORD"}
    target = {"database": "bench", "location": "s3://bench/lake", "region": REGION, "create_database": True}
    made = readfile.from_mapping({"source": source, "target": target, "engine": "spark"})
    return replace(made, spark=SparkSection(master=f"local-cluster[{executors},1,1024]"))


def load(file: planfile.PlanFile, aws: Emulator, engine: Any, range_bytes: int = RANGE_BYTES) -> Ran:
    """Load once."""
    with open_plan(file) as opened:
        opened.lake.create_database()
        clock = Clock(aws)
        planned, source, lake = opened.planned.plan, opened.source, opened.lake
        origin, limits = Origin(source, planned.keyspace), Limits(range_bytes=range_bytes)
        (done,) = Load(planned, origin, lake, limits, clock, engine).run(Rule(resume=False))
    if done.error is not None:
        raise done.error
    return Ran(done, clock.seconds, len(aws.calls()))


def home(folder: Path) -> str:
    """Make a SPARK_HOME of links: executors' folders go there."""
    import pyspark  # noqa: PLC0415 - of an extra

    place = folder / "home"
    place.mkdir()
    for item in Path(pyspark.__file__).parent.iterdir():
        (place / item.name).symlink_to(item)
    return str(place)


def scaled(ports: tuple[int, int], user: str, aws: Emulator, executors: int, runs: int) -> tuple[list[Ran], list[Ran]]:
    """Load by so many executors: as fast as pages come, and from afar."""
    near, far = (plan(port, user, executors) for port in ports)
    with sparksession.session(near):
        with spark.opened(near) as engine:
            load(near, aws, engine)
            quick = [load(near, aws, engine) for _ in range(runs)]
        with spark.opened(far) as engine:
            slow = [load(far, aws, engine) for _ in range(runs)]
    return quick, slow


def row(executors: int, ran: list[Ran], base: float) -> str:
    """Tell the best run: other work on the machine makes runs slower, never faster."""
    best = max(ran, key=lambda one: one.rate)
    times, done = best.table.times, best.table.committed
    counts = f"{best.table.parts} | {done.files if done else 0} | {best.calls}"
    spent = (times.read - times.decode, times.decode + times.convert, times.write, times.commit)
    shares = " | ".join(f"{seconds:.2f}" for seconds in spent)
    return f"| {executors} | {best.seconds:.1f} | **{best.rate:,.0f}** | {best.rate / base:.2f} | {counts} | {shares} |"


def commits(file: planfile.PlanFile, aws: Emulator, size: int) -> str:
    """Load in few and in many ranges, and tell what the commit takes."""
    lines = []
    for ranges in RANGES:
        ran = load(file, aws, Local(), max(size // ranges, 1))
        done = ran.table.committed
        lines.append(
            f"| {ran.table.parts:,} | {done.files if done else 0:,} | {ran.calls:,} | {ran.table.times.commit:.2f} |"
        )
        print(lines[-1], flush=True)
    return "\n".join(lines)


def price(rate: float, row_bytes: float, prices: planfile.PricesSection) -> dict[str, str]:
    """Tell what a terabyte of the source takes, at the rate of one core."""
    hours = 10**12 / row_bytes / rate / 3600
    puts = 10**12 / 64e6 * 2
    return {
        "core_hours": f"{hours:,.0f}",
        "dpu": f"{hours / VCPUS * prices.dpu_hour:,.2f}",
        "flex": f"{hours / VCPUS * prices.dpu_hour_flex:,.2f}",
        "puts": f"{puts / 1000 * prices.s3_puts_per_thousand:,.2f}",
        "reads": f"{(10**12 / 4096 + 10**12 / 2**21) / 1e6 * prices.astra_reads_per_million:,.0f}",
        "dated": prices.date,
    }


def main() -> None:
    """Measure; write the page when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--runs", type=int, default=2, help="measured loads of each kind; the best is told")
    parser.add_argument("--executors", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--page", action="store_true", help="write docs/scaling.md")
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        node = stack.enter_context(server.start(heap="1g"))
        aws = stack.enter_context(emulator.start())
        environment = aws.environment(region=REGION)
        os.environ.update(environment, CASSANDRA_PASSWORD=node.password, SPARK_HOME=home(scratch))
        aws.client("s3", region=REGION).create_bucket(
            Bucket="bench", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        session = node.connect()
        events.create(session)
        print(f"filling {asked.rows:,} rows", file=sys.stderr)
        events.fill(node.host, node.port, node.user, node.password, asked.rows)
        session.cluster.shutdown()
        ports = tuple(stack.enter_context(replayed(node.port, seconds)) for seconds in (0.0, DISTANCE))
        lines: tuple[list[str], list[str]] = ([], [])
        bases: list[float] = []
        for executors in asked.executors:
            both = scaled((ports[0], ports[1]), node.user, aws, executors, asked.runs)
            bases = bases or [max(one.rate for one in ran) for ran in both]
            for into, ran, base in zip(lines, both, bases, strict=True):
                into.append(row(executors, ran, base))
                print(into[-1], flush=True)
        size = both[0][0].table.table.bytes
        told = commits(plan(ports[0], node.user, 1), aws, size)
    if asked.page:
        versions = [f"{name} {version(name)}" for name in ("pyspark", "cassandra-driver", "pyarrow", "pyiceberg")]
        PAGE.write_text(
            (HERE / "scaling.template.md")
            .read_text()
            .format(
                versions=", ".join([f"Python {platform.python_version()}", f"{os.cpu_count()} cores", *versions]),
                rows=f"{asked.rows:,}",
                megabytes=f"{size / 1e6:,.0f}",
                distance=f"{DISTANCE * 1000:.0f}",
                near="\n".join(lines[0]),
                far="\n".join(lines[1]),
                commits=told,
                rate=f"{bases[0]:,.0f}",
                **price(bases[0], size / asked.rows, planfile.PricesSection()),
            )
        )
        print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
