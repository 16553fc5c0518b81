"""Memory does not grow with the catalog."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gluepot_sandbox.aws import Seed, SeedDatabases

if TYPE_CHECKING:
    from gluepot_sandbox.aws import Emulator

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, re, resource, sys
from gluepot.collector.collect import Options, collect
from gluepot.config import from_mapping
output, apart = sys.argv[1:]
found = collect(from_mapping({"regions": ["us-east-1"], "output_path": output, "hwm": output + "/state"}),
                options=Options(apart=apart == "yes"))
# not ru_maxrss: Linux lets a process begin with what its parent held when it forked
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
below = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([found.manifests[0][1].counts["tables_read"], peak / 1024, below / 1024]))
"""


def peak(folder: Path, *, apart: bool) -> tuple[int, float]:
    """Collect in a process of its own; return the tables read and the megabytes that its processes held at most."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", PROGRAM, str(folder), "yes" if apart else "no"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    tables, own, below = json.loads(done.stdout)
    return tables, own + below


def seed(aws: Emulator, tables: int) -> None:
    aws.change(seeds=[Seed((SeedDatabases(count=1, tables=tables, columns=5),))], record=False)


def test_ten_times_the_tables_of_one_database_take_no_more_memory(aws: Emulator, tmp_path: Path) -> None:
    seed(aws, 2_000)
    small = peak(tmp_path / "small", apart=False)
    seed(aws, 20_000)
    large = peak(tmp_path / "large", apart=False)
    assert (small[0], large[0]) == (2_000, 20_000)
    # a page is 100 KB here, and 32 may wait; the tables themselves would be 20 MB and several times that decoded
    assert large[1] < small[1] + 25, (small, large)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("apart", [False, True], ids=["threads", "process"])
def test_a_hundred_thousand_tables_stay_below_the_bound(aws: Emulator, tmp_path: Path, *, apart: bool) -> None:
    seed(aws, 100_000)
    tables, megabytes = peak(tmp_path, apart=apart)
    assert tables == 100_000
    assert megabytes < 200, megabytes
