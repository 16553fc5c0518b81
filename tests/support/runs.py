"""Staged runs for the push tests, and a push that kills itself.

As a program: `python -m tests.support.runs FOLDER URL MARKS KILL`, where KILL is `file:N` (when N files have been
reported as sent), `run:N` (when N runs have), `rename:N` (at the N-th rename, before it) or `never`.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from gluepot.collector.extract.manifest import FileEntry, Manifest, manifest_name, stamp, write_manifest
from gluepot.collector.hwm import EPOCH, Marks
from gluepot.collector.push import advance, push
from gluepot.errors import GluepotError
from gluepot.landing import LandingOptions, from_url

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST = "2024-01-01 00:00:00"
SECOND = "2024-01-02 00:00:00"
FAMILIES = ("METADATA", "LINKAGES", "EVENTS")


def stage(
    folder: Path,
    start: str = EPOCH,
    end: str = FIRST,
    *,
    name: str = "glue",
    complete: bool = True,
    on_incomplete: str = "push",
) -> dict[str, bytes]:
    """Write a run's files and its manifest; give all of them by name, the manifest included."""
    folder.mkdir(exist_ok=True)
    bodies = {f"{family}_{stamp(end)}.csv": f'"{family}"\n"{end}"\n'.encode() * 50 for family in FAMILIES}
    entries = [_write(folder, file, body) for file, body in bodies.items()]
    manifest = Manifest(
        version="0",
        name=name,
        server="1_glue",
        start=start,
        end=end,
        full=start == EPOCH,
        complete=complete,
        on_incomplete=on_incomplete,
        files=entries,
    )
    write_manifest(folder, manifest)
    return {**bodies, manifest_name(end): (folder / manifest_name(end)).read_bytes()}


def _write(folder: Path, file: str, body: bytes) -> FileEntry:
    (folder / file).write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    return FileEntry(name=file, family=file.partition("_")[0], format="k", rows=50, bytes=len(body), sha256=digest)


def options(environ: Mapping[str, str] = os.environ) -> LandingOptions:
    """Read what gives access from the environment of the killed process."""
    return LandingOptions(
        sas=environ.get("TEST_SAS", ""),
        account_key=environ.get("TEST_ACCOUNT_KEY", ""),
        key=environ.get("TEST_KEY", ""),
        secret=environ.get("TEST_SECRET", ""),
    )


class Killer:
    """Counts what happens and kills this process at the given moment, as a power cut would."""

    def __init__(self, moment: str) -> None:
        self._what, _, count = moment.partition(":")
        self._left = int(count or 0)

    def saw(self, what: str) -> None:
        """Count one thing."""
        if what == self._what:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, _args: object) -> None:
        """See the renames."""
        if event == "os.rename":
            self.saw("rename")

    def start(self, files: int, size: int) -> None:
        """Print the totals."""
        print(f"start {files} {size}", flush=True)  # noqa: T201 # what the tests read

    def advance(self, name: str, size: int) -> None:
        """Count a file."""
        print(f"advance {name} {size}", flush=True)  # noqa: T201 # what the tests read
        self.saw("file")

    def done(self) -> None:
        """Print that nothing more comes."""
        print("done", flush=True)  # noqa: T201 # what the tests read


def main(folder: str, url: str, marks_at: str, moment: str) -> None:
    """Push one folder, and die on the way."""
    killer = Killer(moment)
    marks = Marks.at(marks_at)
    landing = from_url(url, options())
    sys.addaudithook(killer.audit)

    def on_pushed(manifest: Manifest) -> None:
        advance(marks, manifest)
        killer.saw("run")

    try:
        push(Path(folder), landing, parallel=1, progress=killer, on_pushed=on_pushed)
    except GluepotError as error:
        print(traceback.format_exc(), error.hint, file=sys.stderr)  # noqa: T201 # what the tests read
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
