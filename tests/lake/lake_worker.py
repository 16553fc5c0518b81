"""Loads in processes of their own, which can be killed: a mother that has imported everything, and forks for each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import msgspec

if TYPE_CHECKING:
    from types import TracebackType

    from gluepot.plan.table import PlannedTable

WAIT_SECONDS = 120


class Job(msgspec.Struct):
    """One load: rows FIRST to LAST of the simple table, into `plan` (JSON of a PlannedTable)."""

    plan: str
    load_id: str
    first: int
    last: int
    answer: str


class Answer(msgspec.Struct):
    """What became of it: the error's class and text, or what was committed."""

    error: str = ""
    said: str = ""
    snapshot_id: int = 0
    ours: bool = False
    rows: int = 0


class Mother:
    """Starts loads; a context manager."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._number = 0
        root = Path(__file__).parents[2]
        paths = os.pathsep.join([str(root), str(root / "src")])
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "PYTHONPATH": paths},
        )
        assert self._out.readline() == b"ready\n"

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def start(self, table: PlannedTable, load_id: str, first: int, last: int) -> Child:
        """Start a load."""
        self._number += 1
        answer = self._folder / f"answer_{self._number}.json"
        job = Job(msgspec.json.encode(table).decode(), load_id, first, last, str(answer))
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(job) + b"\n")
        self._process.stdin.flush()
        return Child(int(self._out.readline()), answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(WAIT_SECONDS)


class Child:
    """A load under way in a process of its own."""

    def __init__(self, pid: int, answer: Path) -> None:
        self.pid = pid
        self._answer = answer

    def kill(self) -> None:
        """Kill it as `kill -9` does, and wait until it is gone."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        while self.is_alive():
            time.sleep(0.01)

    def is_alive(self) -> bool:
        """Tell whether it runs; its mother reaps it at once."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def wait(self) -> Answer:
        """Wait for its end."""
        end = time.monotonic() + WAIT_SECONDS
        while self.is_alive() and time.monotonic() < end:
            time.sleep(0.02)
        return msgspec.json.decode(self._answer.read_bytes(), type=Answer)


def work(job: Job) -> Answer:
    """Do a load."""
    from tests.support.lakes import DATABASE, REGION, load, numbered

    from gluepot.aws.access import Access
    from gluepot.errors import GluepotError
    from gluepot.lake.commit.lake import Lake
    from gluepot.plan.table import PlannedTable

    table = msgspec.json.decode(job.plan, type=PlannedTable)
    try:
        done = load(Lake.open(Access(), REGION, DATABASE), table, job.load_id, numbered(job.first, job.last))
    except GluepotError as error:
        return Answer(error=type(error).__name__, said=str(error))
    return Answer(snapshot_id=done.snapshot_id, ours=done.ours, rows=done.rows)


def main() -> None:
    """Fork for every line of the standard input."""
    import gluepot.lake.commit.lake  # noqa: F401 - imported once, for all children

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin.buffer:
        job = msgspec.json.decode(line, type=Job)
        pid = os.fork()
        if pid == 0:
            sys.stdin.close()
            answer = Path(job.answer)
            part = answer.with_suffix(".part")
            part.write_bytes(msgspec.json.encode(work(job)))
            part.rename(answer)
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
