"""One try: a reader is disturbed, what stands then is looked at, and it is run again without being disturbed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tries.readers import REGION, Found

from gluepot_sandbox.aws import Seed, SeedDatabases, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tries.readers import Reader

    from gluepot_sandbox.aws import Emulator, Fault

HERE: Final = Path(__file__).parent
WHOLE, NOTHING, PART, SILENT, HALF = "whole", "nothing new, said", "a part, said", "holes, exit 0", "holes, unsaid"
VERDICTS: Final = (WHOLE, NOTHING, PART, SILENT, HALF)
PATIENCE: Final = 300
"""Seconds that a try may take; what hangs longer is ended, and told."""

DISK: Final = 64 * 1024 * 1024
"""Bytes of the disk that is filled."""

OLD, NEW = 0, 1


def catalog(state: int, latency_ms: float = 5.0, faults: tuple[Fault, ...] = ()) -> Settings:
    """Describe the catalog before and after its change: some tables are altered, some are gone."""
    changed: dict[str, Any] = {"revision": 1, "changed_every": 10, "dropped_every": 17} if state == NEW else {}
    group = SeedDatabases(count=6, tables=120, columns=8, **changed)
    seed = Seed((group,), region=REGION)
    return Settings(latency_ms=latency_ms, record=False, validate=False, seeds=(seed,), faults=faults)


@dataclass
class Tally:
    """How the tries of one kind ended.

    Args:
        tries: How many there were.
        verdicts: How each stood after the disturbance.
        again: How many were not whole after the next run.
        vanished: How many lost, at any moment, an object that was in the catalog all the time and had been delivered.
        hung: How many had to be ended.
        odd: Commands and codes of what was not as it should be, to look at.
    """

    tries: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    again: int = 0
    vanished: int = 0
    hung: int = 0
    odd: list[str] = field(default_factory=list)

    def count(self, verdict: str) -> None:
        """Count how one stood."""
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1

    def row(self) -> str:
        """Show the cells of a table's row."""
        cells = [self.tries, *(self.verdicts.get(one, 0) for one in VERDICTS), self.again]
        return " | ".join(str(cell) for cell in cells)


class Bench:
    """One reader over one emulated AWS.

    Args:
        reader: What is tried.
        aws: Where its catalog is.
        scratch: A folder for its tries.
    """

    def __init__(self, reader: Reader, aws: Emulator, scratch: Path) -> None:
        self.reader, self.aws, self.scratch = reader, aws, scratch
        self.environ = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHONPATH"))},
            **aws.environment(region=REGION),
            "DATAHUB_TELEMETRY_ENABLED": "false",
            "PYTHONWARNINGS": "ignore",
        }
        # always the same folder: another path is another landing, which is begun with a snapshot
        self.folder = scratch / "here"
        self._base = scratch / "base"
        self._base.mkdir()
        self.before = Found()
        self.seconds = self._undisturbed()

    def _undisturbed(self) -> float:
        """Run it before and after the change, to know what it finds, and how long it takes."""
        if self.reader.remembers:
            self.aws.settings(catalog(OLD))
            self.fresh()
            self.check()
            self.before = self.reader.found(self.folder)
            self._base.rmdir()
            shutil.copytree(self.folder, self._base)
        self.aws.settings(catalog(NEW))
        self.fresh()
        self.check(killed=0)
        self.writes = int((self.scratch / "here.writes").read_text())
        self.fresh()
        began = time.monotonic()
        self.check()
        self.after = self.reader.found(self.folder)
        return time.monotonic() - began

    def fresh(self) -> None:
        """Leave the reader where it stood before the change."""
        self.folder.mkdir(exist_ok=True)
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self._base, self.folder, dirs_exist_ok=True)

    def start(self, killed: int | None = None, environ: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start the reader."""
        command = self.reader.command(self.folder)
        if killed is not None:
            command = [str(HERE / "killed.py"), str(self.folder), str(killed), *command]
        return subprocess.Popen(
            [self.reader.python(), *command],
            cwd=self.folder,
            env={**self.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def check(self, killed: int | None = None) -> None:
        """Run it to a good end."""
        code = self.start(killed).wait(PATIENCE)
        if code:
            msg = f"{self.reader.name} ended with {code} undisturbed"
            raise SystemExit(msg)

    def attempt(self, tally: Tally, what: str, disturb: Callable[[], int | None]) -> None:
        """Disturb a run, look, run again, look.

        Args:
            tally: Where it is counted.
            what: What is done, to tell of it.
            disturb: Runs the reader; gives its exit code, None where it hung.
        """
        self.fresh()
        code = disturb()
        now = self._found(tally, what)
        verdict = self.verdict(code, now)
        self.aws.settings(catalog(NEW))
        again = ended(self.start())
        last = self._found(tally, what)
        is_whole = again == 0 and last.objects == self.after.objects
        tally.tries += 1
        tally.hung += code is None
        tally.count(verdict)
        tally.again += not is_whole
        if verdict in {SILENT, HALF} or not is_whole or code is None:
            lacking, more = len(self.after.objects - last.objects), len(last.objects - self.after.objects)
            told = f"again exit {again}, {lacking} lacking, {more} too many"
            tally.odd.append(f"{what}: exit {code}, {verdict}; {told}")

    def _found(self, tally: Tally, what: str) -> Found:
        """Look at the result, and whether something went from it that is still in the catalog."""
        now = self.reader.found(self.folder)
        lost = (self.before.objects & self.after.objects) - now.objects
        if lost:
            tally.vanished += 1
            tally.odd.append(f"{what}: {len(lost)} vanished, {min(lost)} among them")
        return now

    def verdict(self, code: int | None, now: Found) -> str:
        """Judge what stands after the disturbance."""
        if now.objects == self.after.objects:
            return WHOLE
        if now.told_incomplete:
            return PART
        if code == 0:
            return SILENT
        if now.objects == self.before.objects:
            return NOTHING
        return HALF


def ended(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for an end; what hangs is killed."""
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def kills(bench: Bench, moments: int) -> Tally:
    """Kill before each write, and at moments spread over the run."""
    tally = Tally()
    for number in range(1, bench.writes + 1):
        bench.attempt(tally, f"kill before write {number}", lambda n=number: ended(bench.start(n)))  # type: ignore[misc] # a default binds it
    _at_moments(bench, tally, signal.SIGKILL, moments)
    return tally


def signals(bench: Bench, moments: int) -> Tally:
    """Send what a terminal, a scheduler and a closed session send."""
    tally = Tally()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        _at_moments(bench, tally, number, moments)
    return tally


def _at_moments(bench: Bench, tally: Tally, number: signal.Signals, moments: int) -> None:
    for moment in range(moments):
        seconds = bench.seconds * (moment + 0.5) / moments

        def disturb(seconds: float = seconds) -> int | None:
            process = bench.start()
            time.sleep(seconds)
            process.send_signal(number)
            return ended(process)

        bench.attempt(tally, f"{number.name} after {seconds:.2f} s", disturb)


def faults(bench: Bench, given: Mapping[str, tuple[Fault, ...]]) -> dict[str, Tally]:
    """Let the services fail, kind by kind."""
    tallies: dict[str, Tally] = {}
    for name, rules in given.items():
        tally = tallies.setdefault(name, Tally())
        for rule in rules:

            def disturb(rule: Fault = rule) -> int | None:
                bench.aws.settings(catalog(NEW, faults=(rule,)))
                return ended(bench.start())

            bench.attempt(tally, f"{name} {rule.operation} {rule.seed}", disturb)
    return tallies


def disks(bench: Bench, levels: int) -> Tally | None:
    """Fill the disk before the run, up to so many shares of what the run needs; None where no disk can be mounted."""
    tally = Tally()
    need = _need(bench)
    for level in range(levels):
        left = need * level // levels
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(bench.folder)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            return None
        try:
            bench.attempt(tally, f"{left} bytes left of {need} needed", lambda n=left: _filled(bench, n))  # type: ignore[misc] # a default binds it
        finally:
            subprocess.run(["umount", str(bench.folder)], check=True)
    return tally


def _filled(bench: Bench, left: int) -> int | None:
    """Run it on a disk with so many bytes left, which are then free again."""
    bench.reader.command(bench.folder)  # its configuration is there by then
    filler = bench.folder / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(shutil.disk_usage(bench.folder).free - left, 1))
    code = ended(bench.start())
    filler.unlink()
    return code


def _need(bench: Bench) -> int:
    """Measure how many bytes a run adds."""
    bench.fresh()
    before = _size(bench.folder)
    bench.check()
    return _size(bench.folder) - before


def _size(folder: Path) -> int:
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*") if path.is_file())


def clocks(bench: Bench, library: Path, jumps: tuple[str, ...]) -> Tally:
    """Let the clock of the reader jump in the midst of its run; the next run has the right one."""
    tally = Tally()
    clock = bench.scratch / "clock"
    faked = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    for jump in jumps:

        def disturb(jump: str = jump) -> int | None:
            clock.write_text("+0\n")
            process = bench.start(environ=faked)
            time.sleep(bench.seconds / 2)
            clock.write_text(f"{jump}\n")
            return ended(process)

        bench.attempt(tally, f"clock {jump}", disturb)
    return tally
