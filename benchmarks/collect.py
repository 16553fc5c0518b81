"""Measure `gluepot collect` against a plain boto3 paginator script, in one run on one machine.

    make bench                                  # everything, and docs/performance.md written anew
    python benchmarks/collect.py --only a       # one part

(a) many small databases and one large one at 20 ms a call, start-up included; both sides write the
same METADATA rows, which is checked. (b) peak memory over 1,000,000 simulated tables. (c) where the
time goes. Runs alternate; ratios are taken pair by pair and the median is told, as machines are noisy.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from measuring import Figures, measure

from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Seed, SeedDatabases, Settings

HERE = Path(__file__).parent
REGION, SERVER, ACCOUNT = "eu-central-1", "bench_glue", emulator.DEFAULT_ACCOUNT
PAGE = HERE.parent / "docs" / "performance.md"
csv.field_size_limit(10_000_000)


def environment(aws: emulator.Emulator) -> dict[str, str]:
    """Give both sides the same environment, pointing at the embedded endpoint."""
    drop = {"AWS_PROFILE", "AWS_SESSION_TOKEN"}
    return {**{k: v for k, v in os.environ.items() if k not in drop}, **aws.environment(region=REGION)}


def configure(folder: Path, **more: object) -> list[str]:
    """Write a configuration, everything on, and return the command that uses it."""
    config = {"server": SERVER, "regions": [REGION], "catalogId": ACCOUNT, "output_path": "out", "hwm": "state", **more}
    (folder / "gluepot.json").write_text(json.dumps(config))
    return [str(Path(sys.executable).with_name("gluepot")), "collect", "-c", "gluepot.json"]


def seeded(databases: int, tables: int, columns: int, latency_ms: float) -> Settings:
    """Describe a simulated catalog."""
    seed = Seed((SeedDatabases(count=databases, tables=tables, columns=columns),), region=REGION)
    return Settings(latency_ms=latency_ms, validate=False, record=False, seeds=(seed,))


def rows_of(path: Path) -> dict[str, list[str]]:
    """Read METADATA rows by OBJECT_ID, ATTRIBUTES and FORMAT decoded to be comparable."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="|"))[1:]
    return {row[1]: [*row[:-1], _canonical(row[-1])] for row in rows}


def _canonical(attributes: str) -> str:
    """Bring JSON into one order, and botocore's times, which it makes floats, and whole seconds to one form."""
    return json.dumps(json.loads(attributes, parse_int=float), sort_keys=True)


def compare(databases: int, tables: int, runs: int) -> str:
    """Measure both sides in turn over one catalog."""
    ours, theirs = Figures(), Figures()
    with emulator.start(seeded(databases, tables, 30, 20)) as aws, tempfile.TemporaryDirectory() as scratch:
        environ = environment(aws)
        for run in range(runs + 1):
            folder = Path(scratch) / str(run)
            folder.mkdir()
            plain = [sys.executable, str(HERE / "boto3_paginators.py"), REGION, SERVER, "plain.csv"]
            first_ours, first_theirs = (Figures(), Figures()) if run == 0 else (ours, theirs)  # the first warms up
            measure(configure(folder), environ, folder, first_ours)
            measure(plain, environ, folder, first_theirs)
            if run == 0:
                same(folder)
            shutil.rmtree(folder)
    count = databases * tables
    ratio = [b / a for a, b in zip(ours.wall, theirs.wall, strict=True)]
    cpu = [b / a for a, b in zip(ours.cpu, theirs.cpu, strict=True)]
    name = f"{databases} x {tables:,} tables x 30 columns, 20 ms"
    span = f"{min(ratio):.1f} to {max(ratio):.1f}"
    ratios = f"**{statistics.median(ratio):.1f}** ({span}), CPU {statistics.median(cpu):.1f}"
    speeds = [count / statistics.median(one.wall) for one in (ours, theirs)]
    return (
        f"| {name} | gluepot collect | {ours.row()} | {speeds[0]:,.0f} | |\n"
        f"| | boto3 paginators | {theirs.row()} | {speeds[1]:,.0f} | {ratios} |"
    )


def same(folder: Path) -> None:
    """Stop unless both sides wrote the same METADATA rows."""
    ours = rows_of(next((folder / "out").glob("METADATA_*.csv")))
    theirs = rows_of(folder / "plain.csv")
    different = [key for key in theirs if ours.get(key) != theirs[key]]
    if different or len(ours) != len(theirs):
        shown = [f"{ours.get(key)}\n{theirs[key]}" for key in different[:1]]
        sys.exit(f"the rows differ: {len(ours)} and {len(theirs)}\n{''.join(shown)}")


def memory(databases: int, tables: int, columns: int) -> str:
    """Collect a large catalog in full, then again without a change."""
    lines = []
    with emulator.start(seeded(databases, tables, columns, 0)) as aws, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for title in ("full snapshot", "incremental, nothing changed"):
            figures = Figures()
            measure([*configure(folder), "--publish"], environment(aws), folder, figures)
            tenths = [figures.samples[int(len(figures.samples) * part)] for part in (0.1, 0.5, 0.9)]
            spread = ", ".join(f"{one:.0f}" for one in tenths)
            count = databases * tables
            lines.append(
                f"| {count:,} tables x {columns} columns, {title} | {figures.wall[0]:.0f} | "
                f"{count / figures.wall[0]:,.0f} | {figures.memory[0]:.0f} | {spread} |"
            )
            for path in (folder / "out").glob("METADATA*"):
                path.unlink()
    return "\n".join(lines)


def shares(databases: int, tables: int) -> str:
    """Take the manifest's own account of the time of one collection."""
    with emulator.start(seeded(databases, tables, 30, 20)) as aws, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        measure(configure(folder), environment(aws), folder, Figures())
        manifest = json.loads(next((folder / "out").glob("MANIFEST_*.json")).read_text())
    seconds = manifest["seconds"]
    parts = ("waiting", "parsing", "hashing", "comparing", "writing")
    rest = seconds["wall"] - sum(seconds[part] for part in parts)
    shown = [f"| {part} | {seconds[part]:.2f} | {seconds[part] / seconds['wall']:.0%} |" for part in parts]
    return "\n".join((*shown, f"| the rest (files, generation, loop) | {rest:.2f} | {rest / seconds['wall']:.0%} |"))


def versions() -> str:
    """Name what was measured with."""
    told = [f"{name} {version(name)}" for name in ("gluepot", "boto3", "botocore", "msgspec")]
    return ", ".join((f"Python {platform.python_version()}", f"{os.cpu_count()} cores", *told))


def main() -> None:
    """Run the parts asked for; write the page when all of them ran."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("a", "b", "c"))
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs, after one that warms up")
    parser.add_argument("--scale", type=float, default=1.0, help="shrinks the catalogs, for a quick look")
    asked = parser.parse_args()

    def size(count: int) -> int:
        return max(int(count * asked.scale), 1)

    parts = {}
    if asked.only in {None, "a"}:
        parts["a"] = "\n".join((compare(size(200), 50, asked.runs), compare(1, size(20_000), asked.runs)))
        print(parts["a"], flush=True)
    if asked.only in {None, "b"}:
        parts["b"] = memory(size(1000), 1000, 10)
        print(parts["b"], flush=True)
    if asked.only in {None, "c"}:
        parts["c"] = shares(size(200), 50)
        print(parts["c"], flush=True)
    if asked.only is None and asked.scale == 1:
        template = (HERE / "performance.template.md").read_text()
        PAGE.write_text(template.format(versions=versions(), runs=asked.runs, **parts))
        print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
