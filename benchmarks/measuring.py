"""Whole processes measured: wall and CPU seconds, and the memory of the process tree."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


ROOT = Path(__file__).parents[1]


def installed(extra: str) -> Path:
    """Install gluepot with one extra as its users do, at the locked versions; gives the folder of the programs.

    The checkout's own environment holds more (pandas, cffi), which libraries load where they find it.
    """
    home = ROOT / ".tools" / f"bench-{extra}"
    uv = [str(ROOT / ".tools" / "uv")]
    subprocess.run([*uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(home)], check=True)
    install = [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(home)]
    # what is installed already would not be built again, and the checkout may have changed since
    fresh = ["--reinstall-package", "gluepot", "-c", str(ROOT / "requirements.lock"), f"{ROOT}[{extra}]"]
    subprocess.run([*install, *fresh], check=True)
    return home / "bin"


@dataclass
class Figures:
    """Wall and CPU seconds, and the largest memory (MB) of the process tree, run by run."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    samples: list[float] = field(default_factory=list)

    def row(self) -> str:
        """Show medians and the span of the wall time."""
        span = f"{min(self.wall):.2f} to {max(self.wall):.2f}"
        return (
            f"{statistics.median(self.wall):.2f} ({span}) | {statistics.median(self.cpu):.2f} | {max(self.memory):.0f}"
        )


def measure(command: list[str], environ: dict[str, str], cwd: Path, into: Figures) -> None:
    """Run a command as a whole process, and its children, to its end."""
    before = os.times()
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environ, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak, done = [0.0], threading.Event()
    watcher = threading.Thread(target=watch, args=(process.pid, peak, into.samples, done))
    watcher.start()
    _, errors = process.communicate()
    wall = time.perf_counter() - began
    done.set()
    watcher.join()
    after = os.times()
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {errors.decode()[-2000:]}")
    into.wall.append(wall)
    into.cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)
    into.memory.append(peak[0])


def watch(pid: int, peak: list[float], samples: list[float], done: threading.Event) -> None:
    """Sample the memory of a process and its children: proportional, so that shared pages count once."""
    while not done.wait(0.1):
        now = sum(proportional(one) for one in (pid, *children(pid)))
        samples.append(now)
        peak[0] = max(peak[0], now)


def children(pid: int) -> Iterator[int]:
    """List a process's children and theirs."""
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from children(int(child))
    except OSError:
        return


def proportional(pid: int) -> float:
    """Read a process's proportional set size in MB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
