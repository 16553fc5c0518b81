"""Where the command starts: `gluepot`, and `python -m gluepot`.

Reading Glue happens in a process of its own, whose libraries take longer to load than everything here.
So that process is started before anything else is imported, and ended where it turns out not to be needed.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading

from gluepot.host import children

READING = frozenset({"collect", "run"})
"""The commands that read Glue."""


INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def main() -> None:
    """Run the command line; the exit code is the process's."""
    try:
        _main()
    except KeyboardInterrupt:  # before a command was under way: those tell of it themselves
        sys.exit(INTERRUPTED)
    except SystemExit as ended:
        if isinstance(ended.code, int):
            _end(ended.code)
        raise


def _end(code: int) -> None:
    """End the process at once where nothing is left to do: taking libraries apart is half a second of a load."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        return
    atexit._run_exitfuncs()  # noqa: SLF001 - what the interpreter would run, logging and the driver's threads with it
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # there is none where it was closed before the start
                stream.flush()
    except (OSError, ValueError):  # a closed pipe: the interpreter has its own words and exit code for that
        return
    os._exit(code)


def _main() -> None:
    sys.path[:] = children.path()  # an empty entry of PYTHONPATH stands for the working folder
    if not _will_read(sys.argv[1:]):
        _run()
        return
    from gluepot.collector.reading import process  # noqa: PLC0415 - lazy: start-up, and only where something is read

    _start_quietly(process.prestart)
    try:
        _run()
    finally:
        process.discard_prestarted()


def _will_read(arguments: list[str]) -> bool:
    """Tell whether the command is one that reads; a wrong guess costs one process that is ended again."""
    command = next((argument for argument in arguments if not argument.startswith("-")), "")
    return command in READING and not {"-h", "--help"} & set(arguments)


def _start_quietly(start: object) -> None:
    """Start a process that ignores ctrl-C: it ends when this one closes its pipe, without a word of its own."""
    import signal  # noqa: PLC0415 - lazy: start-up

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        start()  # type: ignore[operator] # a function without arguments
    finally:
        signal.signal(signal.SIGINT, before)


def _run() -> None:
    from gluepot.cli.app import app  # noqa: PLC0415 - lazy: start-up, the reading process comes first

    app(prog_name="gluepot")


if __name__ == "__main__":
    main()
