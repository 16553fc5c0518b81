"""Killed at any write of its state, or refused it, a run is made whole by the next: nothing twice, nothing missing."""

from __future__ import annotations

import ast
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.support.auditedwrites import KilledError, Writes, kill_at, refuse_at
from tests.support.collecting import REGION, column, objects, read_k, table
from tests.support.emulated import leads_to

from gluepot.collector.lease import LENGTH, Note
from gluepot.collector.run import run
from gluepot.collector.settings import marks_of
from gluepot.config import from_mapping
from gluepot.errors import LandingError, OutputError
from gluepot.landing import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot.collector.run import Ran
    from gluepot.config import Config
    from gluepot_sandbox.aws import Emulator

BEFORE = [table("changed", column("a")), table("dropped"), table("same")]
AFTER = [table("changed", column("a"), column("b"), VersionId="2"), table("new"), table("same")]

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
"""When a run looked, which is another time in each."""


class World:
    """A run's folders as they were after a first run, and a catalog that has changed since.

    Args:
        home: Where they lie; always at the same place, since a generation names it.
    """

    def __init__(self, home: Path) -> None:
        self.now, self._kept = home / "now", home / "kept"
        run(self.config)
        shutil.copytree(self.now, self._kept)

    @property
    def config(self) -> Config:
        """The configuration of each run."""
        return from_mapping(self.settings)

    @property
    def settings(self) -> dict[str, Any]:
        """The same, as a file has it."""
        places = {"output_path": str(self.now / "output"), "hwm": str(self.now / "marks")}
        return {**places, "regions": [REGION], "server": "1_glue", "landing": {"url": str(self.now / "landing")}}

    def restore(self) -> None:
        """Put everything back."""
        shutil.rmtree(self.now)
        shutil.copytree(self._kept, self.now)

    def run(self) -> Ran:
        """Run as another process: whoever held the lease is gone."""
        lease = self.now / "marks" / "glue_hwm.lease"
        note = msgspec.json.decode(lease.read_bytes(), type=Note) if lease.stat().st_size else None
        if note and note.process == os.getpid():
            gone = msgspec.json.encode(msgspec.structs.replace(note, began="0"))
            lease.write_bytes(gone.ljust(LENGTH - 1) + b"\n")
        return run(self.config)

    def landed(self) -> list[tuple[str, str]]:
        """Read every row that has arrived since the first run, times aside, sorted."""
        first = {path.name for path in (self._kept / "landing").iterdir()}
        rows = []
        for path in sorted((self.now / "landing").iterdir()):
            family = path.name.partition("_")[0]
            if path.name not in first and family != "MANIFEST":
                rows += [(family, TIME.sub("TIME", str(row))) for row in read_k(path, family)]
        return sorted(rows)


@pytest.fixture(scope="module")
def world(server: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all, put back for each."""
    server.reset()
    with pytest.MonkeyPatch.context() as patch:
        leads_to(server, patch, REGION)
        server.add(tables=objects(BEFORE))
        made = World(tmp_path_factory.mktemp("killed"))
        server.change(tables=objects(AFTER))
        yield made


HIDDEN = "output/.gluepot-MARK"
FAMILIES = ("METADATA", "LINKAGES", "EVENTS")
WRITES = Counter(
    {
        # take, and before the commit, before each push, before the mark, and give back
        "write marks/glue_hwm.lease": 6,
        # for what is pending, to collect, to push
        "write output/.gluepot.lock": 3,
        "make output/.gluepot-scratch-MARK": 1,
        f"make {HIDDEN}": 1,
        **{f"write {HIDDEN}/{family}_MARK.csv": 1 for family in FAMILIES},
        "link marks/glue_generation_MARK.sqlite": 1,
        f"remove {HIDDEN}/.MANIFEST_MARK.json.tmp": 1,
        f"write {HIDDEN}/.MANIFEST_MARK.json.tmp": 1,
        f"move {HIDDEN}/MANIFEST_MARK.json": 1,
        **{f"move output/{family}_MARK.csv": 1 for family in FAMILIES},
        "move output/MANIFEST_MARK.json": 1,
        f"remove {HIDDEN}": 1,
        "remove output/.gluepot-scratch-MARK/generation.sqlite": 1,
        "remove output/.gluepot-scratch-MARK": 1,
        **{f"send landing/{family}_MARK.csv": 1 for family in FAMILIES},
        "send landing/MANIFEST_MARK.json": 1,
        "remove marks/.glue_hwm.txt.tmp": 1,
        "write marks/.glue_hwm.txt.tmp": 1,
        "move marks/glue_hwm.txt": 1,
        **{f"move output/pushed/{family}_MARK.csv": 1 for family in FAMILIES},
        "move output/pushed/MANIFEST_MARK.json": 1,
    }
)
"""Each write of a run, in order, and how often it comes: a kill before one is a kill after the one before."""

MOMENTS = [(label, count) for label, often in WRITES.items() for count in range(1, often + 1)]


@pytest.fixture(scope="module")
def wanted(world: World) -> list[tuple[str, str]]:
    """What an undisturbed run brings to the landing."""
    world.restore()
    with Writes(world.now) as writes:
        assert run(world.config).exit_code == 0
    assert Counter(writes.labels) == WRITES, "a write that no test kills"
    landed = world.landed()
    events = {(row["EVENT_TYPE"], row["OBJECT_ID"].rpartition("/")[2]) for row in read_events(landed)}
    assert events == {("CREATED", "new"), ("DELETED", "dropped"), ("UPDATED", "changed"), ("COLUMN_ADDED", "changed#b")}
    check_whole(world, landed)
    return landed


def read_events(landed: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Give the events among what has arrived."""
    return [ast.literal_eval(row) for family, row in landed if family == "EVENTS"]


def check_whole(world: World, wanted: list[tuple[str, str]]) -> None:
    """Run once more, and hold all that has arrived to an undisturbed run, and the folders to what they should hold."""
    ran = world.run()
    assert ran.exit_code == 0
    assert world.landed() == wanted
    assert marks_of(world.config).read("glue") == ran.collected.manifests[0][1].end
    assert sorted(path.name for path in (world.now / "output").iterdir()) == [".gluepot.lock", "pushed"]
    manifests = {path.name for path in (world.now / "output" / "pushed").glob("MANIFEST_*")}
    assert manifests == {path.name for path in (world.now / "landing").glob("MANIFEST_*")}


@pytest.mark.parametrize(("label", "count"), MOMENTS)
def test_killed_before_a_write_it_is_made_whole_by_the_next(
    world: World, wanted: list[tuple[str, str]], label: str, count: int
) -> None:
    world.restore()
    with Writes(world.now, kill_at(label, count)), pytest.raises(KilledError):
        run(world.config)
    check_whole(world, wanted)


def full(label: str) -> Exception | None:
    """Answer as a full disk, on which names can be given and taken still."""
    if label.startswith(("write", "make", "link")):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return None


def read_only(label: str) -> Exception:
    """Answer as a folder that was mounted read-only meanwhile, and a landing that takes nothing more."""
    if label.startswith("send"):
        return StoreError("cannot send", "it answered 403", kind="denied")
    return OSError(errno.EROFS, os.strerror(errno.EROFS))


LAST = "move output/pushed/MANIFEST_MARK.json"
REFUSED = [
    "write marks/glue_hwm.lease",
    "make output/.gluepot-scratch-MARK",
    f"write {HIDDEN}/EVENTS_MARK.csv",
    "link marks/glue_generation_MARK.sqlite",
    f"write {HIDDEN}/.MANIFEST_MARK.json.tmp",
    "write marks/.glue_hwm.txt.tmp",
    "move output/LINKAGES_MARK.csv",
    "move output/MANIFEST_MARK.json",
    "send landing/EVENTS_MARK.csv",
    "send landing/MANIFEST_MARK.json",
    "move marks/glue_hwm.txt",
    LAST,
]


@pytest.mark.parametrize(("how", "label"), [*((full, one) for one in REFUSED[:6]), *((read_only, x) for x in REFUSED)])
def test_refused_a_write_it_says_so_and_is_made_whole_by_the_next(
    world: World, wanted: list[tuple[str, str]], label: str, how: Callable[[str], Exception | None]
) -> None:
    world.restore()
    with Writes(world.now, refuse_at(label, how)), pytest.raises((OutputError, LandingError)) as refused:
        run(world.config)
    assert refused.value.hint
    check_whole(world, wanted)


def test_a_disk_that_is_full_at_the_very_end_is_nothing_to_tell(world: World, wanted: list[tuple[str, str]]) -> None:
    """Names can be given on it, and the lease runs out by itself."""
    world.restore()
    with Writes(world.now, refuse_at(LAST, full)):
        assert run(world.config).exit_code == 0
    check_whole(world, wanted)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_process_killed_before_each_of_its_writes_is_made_whole_by_the_next(
    world: World, wanted: list[tuple[str, str]]
) -> None:
    """The lease that it held is passed over at once, since the process is gone."""
    root = Path(__file__).parents[2]
    given = json.dumps(world.settings)
    for number in range(WRITES.total()):
        world.restore()
        command = [sys.executable, "-m", "tests.support.auditedwrites", str(world.now), str(number), given]
        environ = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ, cwd=root)
        assert done.returncode == -signal.SIGKILL, done.stderr
        check_whole(world, wanted)
