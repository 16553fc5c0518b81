"""Try to break what reads a catalog, and tell what was lost: gluepot, and the readers beside it.

    make reliability                                    # all of it, an hour; writes docs/reliability.md
    python benchmarks/reliability.py --reader gluepot --only kills     # a part, printed

Each try is an incremental run over a catalog that has changed: some tables are altered, some are gone. It is disturbed
once; then what stands is compared with what an undisturbed run would have left; then it is run again, undisturbed, and
compared once more. What hangs for five minutes is ended, and counts as a try that said nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from tries import page
from tries.loads import Loads
from tries.page import LOADS
from tries.readers import ROOT, DataHub, Gluepot, Wrangler, environment
from tries.trials import Bench, Tally, clocks, disks, faults, kills, signals

from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from tries.readers import Reader

FAKETIME: Final = "libfaketime==2.1.0"
JUMPS: Final = ("+1h", "-1h", "+1d", "-1d", "+400d")
READERS: Final[dict[str, Reader]] = {one.name: one for one in (Gluepot(), DataHub(), Wrangler())}
PARTS: Final = ("kills", "signals", "faults", "disks", "clocks")
THIRD: Final = 0.33
KEPT: Final = ROOT / ".tools" / "reliability.json"


def glue_faults(seeds: int) -> dict[str, tuple[Fault, ...]]:
    """List what Glue may answer in place of a page."""
    passing: dict[str, dict[str, Any]] = {
        "throttled": {"kind": FaultKind.THROTTLE},
        "500": {"kind": FaultKind.ERROR},
        "503": {"kind": FaultKind.ERROR, "code": "ServiceUnavailable", "status": 503},
        "connection reset": {"kind": FaultKind.RESET},
        "half a body": {"kind": FaultKind.TRUNCATE},
        "half a body, its length wrong": {"kind": FaultKind.TRUNCATE_SILENT},
        "no JSON": {"kind": FaultKind.MALFORMED},
        "an empty page with a token": {"kind": FaultKind.EMPTY_PAGE},
        "credentials called expired": {"kind": FaultKind.EXPIRED, "times": 1},
    }
    found = {
        f"Glue: {name}": tuple(
            Fault(operation="Get[DT]*", probability=THIRD, seed=seed, **{"times": 12, **given}) for seed in range(seeds)
        )
        for name, given in passing.items()
    }
    database = "db_000003"
    denied = tuple(Fault(FaultKind.DENIED, operation=one, database=database) for one in ("GetTables", "Get*"))
    broken = tuple(Fault(FaultKind.DENIED, database=database, continued=True, seed=seed) for seed in range(1))
    return {**found, "Glue: a database denied": denied, "Glue: denied from its second page on": broken}


def library() -> Path:
    """Fetch what lets a process see another time."""
    python = environment("faketime", FAKETIME)
    command = [python, "-c", "import libfaketime, os; print(os.path.dirname(libfaketime.__file__))"]
    folder = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return Path(folder) / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"


def tried(bench: Bench, parts: tuple[str, ...], scale: int) -> dict[str, Tally | None]:
    """Try one reader."""
    found: dict[str, Tally | None] = {}
    if "kills" in parts:
        found["killed"] = kills(bench, 5 * scale)
    if "signals" in parts:
        found["Ctrl-C, SIGTERM, SIGHUP"] = signals(bench, 4 * scale)
    if "faults" in parts:
        found.update(faults(bench, glue_faults(scale)))
    if "disks" in parts:
        found["disk full"] = disks(bench, 8)
    if "clocks" in parts:
        found["the clock jumps"] = clocks(bench, library(), JUMPS)
    return found


def main() -> None:
    """Try what is asked for; write the page when everything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", choices=READERS, action="append", help="only this one; may be repeated")
    parser.add_argument("--only", choices=(*PARTS, "loads"), action="append", help="only this part; may be repeated")
    parser.add_argument("--scale", type=int, default=3, help="how often each fault is drawn anew")
    parser.add_argument("--page", action="store_true", help="write docs/reliability.md, of this and of earlier parts")
    asked = parser.parse_args()
    parts = tuple(asked.only or (*PARTS, "loads"))
    for name in asked.reader or READERS:
        if parts == ("loads",):
            break
        with emulator.start() as aws, tempfile.TemporaryDirectory() as scratch:
            bench = Bench(READERS[name], aws, Path(scratch))
            print(f"{name}: {bench.seconds:.2f} s undisturbed, {bench.writes} writes", flush=True)
            tell(name, tried(bench, parts, asked.scale))
    if "loads" in parts:
        for kind, tally in Loads.tried(asked.scale, PARTS if parts == ("loads",) else parts):
            tell(LOADS, {kind: tally})
    if asked.page:
        page.write(kept())


def tell(name: str, found: dict[str, Tally | None]) -> None:
    """Print what a reader did, and keep it for the page."""
    for kind, tally in found.items():
        print(f"| {name} | {kind} | {tally.row() if tally else 'not run: no disk can be mounted here'} |", flush=True)
        for line in tally.odd if tally else ():
            print(f"    {line}", file=sys.stderr, flush=True)
    everything = kept()
    everything[name] = {**everything.get(name, {}), **found}
    KEPT.write_bytes(msgspec.json.encode(everything))


def kept() -> dict[str, dict[str, Tally | None]]:
    """Give what has been tried since the checkout was made."""
    if not KEPT.exists():
        return {}
    return msgspec.json.decode(KEPT.read_bytes(), type=dict[str, dict[str, Tally | None]])


if __name__ == "__main__":
    main()
