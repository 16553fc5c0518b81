"""Run a Python program, and kill it without warning just before one of its writes.

    killed.py FOLDER NUMBER PROGRAM...      # PROGRAM is `-m MODULE ARGUMENTS` or `SCRIPT ARGUMENTS`

A write is what changes the folder: a file opened to be written, renamed, removed, made; threads count together.
NUMBER 0 kills nothing, and leaves the count of writes in the file `FOLDER.writes`. Where the program does not reach the
number, it ends by itself.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR


class Counter:
    """Counts the writes below a folder."""

    def __init__(self, folder: str, number: int) -> None:
        self.folder = os.path.abspath(folder) + os.sep  # noqa: PTH100 - nothing may be imported that the program does not
        self.number = number
        self.count = 0
        self.lock = threading.Lock()

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        """See what is about to be done."""
        if event == "open":
            path, mode, flags = arguments
            writes = (isinstance(flags, int) and bool(flags & WRITING)) or (isinstance(mode, str) and "w" in mode)
        else:
            path, writes = (arguments[0] if arguments else None), event in CHANGES
        if not writes or not isinstance(path, (str, bytes, os.PathLike)):
            return
        if not os.path.abspath(os.fsdecode(path)).startswith(self.folder):  # noqa: PTH100
            return
        with self.lock:
            self.count += 1
            if self.count == self.number:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run it."""
    folder, number, *program = sys.argv[1:]
    counter = Counter(folder, int(number))
    at_end = os._exit

    def end(code: int) -> None:
        note(folder, counter)
        at_end(code)

    os._exit = end  # type: ignore[assignment] # a program may end itself without what follows
    sys.addaudithook(counter.audit)
    try:
        if program[0] == "-m":
            sys.argv = program[1:]
            runpy.run_module(program[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = program
            runpy.run_path(program[0], run_name="__main__")
    finally:
        note(folder, counter)


def note(folder: str, counter: Counter) -> None:
    """Say how many there were."""
    if not counter.number:
        descriptor = os.open(folder.rstrip(os.sep) + ".writes", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(descriptor, str(counter.count).encode())
        os.close(descriptor)


if __name__ == "__main__":
    main()
