"""Measure `gluepot load run` against the driver's rows written with pyarrow, and against `dsbulk unload`.

    make bench                              # everything
    python benchmarks/load.py --rows 100000 --runs 1      # a quick look

One table of 12 columns, half of them text, a tenth null, in a real Cassandra that the benchmark starts. Every side is a
whole process, start-up included, in an environment with gluepot[load] alone, and reads all of it: gluepot into a
committed Iceberg table on the embedded S3 and Glue, with checksums; the driver into Parquet files on local disk, by
token ranges side by side and page after page; dsbulk into CSV files on local disk.

(a) against the live node, which shares this machine's cores with the reader; (b) against the node's own answers
replayed by benchmarks/replay.py, as where the cluster has machines of its own; (c) memory at half, all and twice the
rows; (d) where gluepot's time goes. Runs alternate; ratios are taken run by run, and the median is told.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import events
from measuring import Figures, installed, measure

from gluepot_sandbox import aws as emulator
from gluepot_sandbox import cassandra as server
from gluepot_sandbox.cassandra import artefacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot_sandbox.aws import Emulator
    from gluepot_sandbox.cassandra import Node

HERE = Path(__file__).parent
REGION = "eu-central-1"
PAGE = HERE.parent / "docs" / "loading-performance.md"
DSBULK = "com.datastax.oss.dsbulk.runner.DataStaxBulkLoader"
SIDES = (
    "gluepot load run",
    "driver rows, pyarrow, Parquet: 8 token ranges at a time",
    "driver rows, pyarrow, Parquet: page after page",
    "dsbulk unload, CSV",
)


class Bench:
    """A filled table, an embedded AWS, and the commands that read the one into the other."""

    def __init__(self, node: Node, aws: Emulator, scratch: Path) -> None:
        self.node = node
        self.aws = aws
        self.scratch = scratch
        self.programs = installed("load")
        self.environ = {**os.environ, **aws.environment(region=REGION), "CASSANDRA_PASSWORD": node.password}
        s3 = aws.client("s3", region=REGION)
        s3.create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": REGION})

    def plan(self, port: int) -> Path:
        """Write the plan file."""
        plan = {
            "source": {
                "keyspace": "bench",
                "contact_points": [self.node.host],
                "port": port,
                "user": self.node.user,
                "password": "env:CASSANDRA_PASSWORD",
            },
            "target": {"database": "bench", "location": "s3://bench/lake", "region": REGION, "create_database": True},
            "limits": {"range_mb": 16},
        }
        path = self.scratch / "plan.json"
        path.write_text(json.dumps(plan))
        return path

    def commands(self, port: int) -> dict[str, list[str]]:
        """Give each side's command."""
        folder = self.scratch / "out"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        gluepot, python = str(self.programs / "gluepot"), str(self.programs / "python")
        where, rows = [self.node.host, str(port)], str(HERE / "driver_rows.py")
        return {
            SIDES[0]: [gluepot, "load", "run", "--no-resume", "-c", str(self.plan(port)), "--output", "json"],
            SIDES[1]: [python, rows, "ranges", *where, self.node.user, events.TABLE, str(folder)],
            SIDES[2]: [python, rows, "paged", *where, self.node.user, events.TABLE, str(folder)],
            SIDES[3]: self._dsbulk(where, folder),
        }

    def _dsbulk(self, where: list[str], folder: Path) -> list[str]:
        settings = self.scratch / "dsbulk.conf"
        settings.touch(mode=0o600)
        who = f'username = "{self.node.user}", password = "{self.node.password}"'
        settings.write_text(f"datastax-java-driver.advanced.auth-provider {{ class = PlainTextAuthProvider, {who} }}\n")
        keyspace, _, table = events.TABLE.partition(".")
        return [
            artefacts.java(), "-cp", f"{dsbulk_jars()}/*", DSBULK, "unload",
            "-f", str(settings), "-h", where[0], "-port", where[1], "-k", keyspace, "-t", table,
            "-url", str(folder / "csv"), "-logDir", str(self.scratch / "logs"), "--log.verbosity", "quiet",
            "--datastax-java-driver.basic.load-balancing-policy.local-datacenter", "datacenter1",
        ]  # fmt: skip

    def run(self, port: int, sides: dict[str, Figures]) -> None:
        """Run every side once, to its end."""
        for name, command in self.commands(port).items():
            measure(command, self.environ, self.scratch, sides[name])

    def filled(self, rows: int) -> str:
        """Fill the table up to so many rows, and load it once; gives the line of its memory."""
        events.fill(self.node.host, self.node.port, self.node.user, self.node.password, rows)
        figures = Figures()
        measure(self.commands(self.node.port)[SIDES[0]], self.environ, self.scratch, figures)
        return f"| {rows:,} | {figures.memory[0]:.0f} |"


def dsbulk_jars() -> Path:
    """Fetch dsbulk through Maven, once, beside Cassandra's jars."""
    lib = artefacts.cache().parent / "dsbulk-1.10.0"
    if not lib.is_dir():
        artefacts.fetch(HERE / "dsbulk" / "pom.xml", lib)
    return lib


@contextmanager
def replayed(node: Node) -> Iterator[int]:
    """Start the proxy that replays pages; gives its port."""
    command = [sys.executable, str(HERE / "replay.py"), str(node.port), events.TABLE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proxy:
        yield int((proxy.stdout or sys.stdin).readline())
        if proxy.stdin:
            proxy.stdin.close()


def compared(bench: Bench, port: int, rows: int, runs: int) -> str:
    """Run all sides in turn, once to warm up, then so many times; give the table's lines."""
    sides = {name: Figures() for name in SIDES}
    for run in range(runs + 1):
        bench.run(port, sides if run else {name: Figures() for name in SIDES})
        print(f"  run {run} of {runs}", file=sys.stderr, flush=True)
    lines = []
    for name, figures in sides.items():
        ratios = [other / own for own, other in zip(sides[SIDES[0]].wall, figures.wall, strict=True)]
        cpu = [other / own for own, other in zip(sides[SIDES[0]].cpu, figures.cpu, strict=True)]
        span = f"({min(ratios):.1f} to {max(ratios):.1f}), CPU {statistics.median(cpu):.1f}"
        told = f"**{statistics.median(ratios):.1f}** {span}"
        speed = rows / statistics.median(figures.wall)
        lines.append(f"| {name} | {figures.row()} | {speed:,.0f} | {'' if name == SIDES[0] else told} |")
    return "\n".join(lines)


def split(bench: Bench, port: int) -> tuple[str, float]:
    """Let one load tell where its threads spent their time."""
    command = bench.commands(port)[SIDES[0]]
    done = subprocess.run(command, env=bench.environ, cwd=bench.scratch, capture_output=True, text=True, check=True)
    (table,) = json.loads(done.stdout)["tables"]
    times = table["times"]
    total = sum(times[name] for name in ("read", "convert", "write", "commit"))
    server_side = times["read"] - times["decode"]
    parts = [
        ("waiting for pages", server_side),
        ("decode", times["decode"]),
        ("convert and checksum", times["convert"]),
    ]
    parts += [("Parquet and S3", times["write"]), ("commit", times["commit"])]
    lines = [f"| {name} | {seconds:.2f} | {seconds / total:.0%} |" for name, seconds in parts]
    return "\n".join(lines), table["seconds"]


def main() -> None:
    """Measure; write the page when everything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3, help="runs of each side, after one that warms up")
    parser.add_argument("--page", action="store_true", help="write docs/loading-performance.md")
    asked = parser.parse_args()
    with server.start(heap="3g", lean=False) as node, emulator.start() as aws, tempfile.TemporaryDirectory() as scratch:
        bench = Bench(node, aws, Path(scratch))
        session = node.connect()
        events.create(session)
        print(f"filling {asked.rows:,} rows", file=sys.stderr)
        parts: dict[str, str] = {}
        memory = [bench.filled(asked.rows // 2), bench.filled(asked.rows)]
        parts["live"] = compared(bench, node.port, asked.rows, asked.runs)
        print(parts["live"], flush=True)
        with replayed(node) as port:
            parts["replayed"] = compared(bench, port, asked.rows, asked.runs)
            parts["split_replayed"], _ = split(bench, port)
        parts["split"], _ = split(bench, node.port)
        parts["memory"] = "\n".join([*memory, bench.filled(asked.rows * 2)])
        session.cluster.shutdown()
    for part in parts.values():
        print(part, flush=True)
    if asked.page:
        told = [f"{name} {version(name)}" for name in ("cassandra-driver", "pyarrow", "pyiceberg")]
        told = [
            f"Python {platform.python_version()}",
            f"{os.cpu_count()} cores",
            f"Cassandra {artefacts.version()}",
            *told,
        ]
        template = (HERE / "loading-performance.template.md").read_text()
        rows = f"{asked.rows:,}"
        PAGE.write_text(template.format(versions=", ".join(told), rows=rows, runs=asked.runs, **parts))
        print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
