"""Commands of the pages without what their start costs: a process with gluepot's libraries loaded forks for each.

It has the arguments, environment, folder and descriptors of the program that asked, which waits and ends as it does.
What a start alone shows is held by tests with processes of their own: see `tests/support/commands.py`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import runpy
import socket
import subprocess
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ASK: Final = """\
import os, socket, sys
asked = b"\\0".join([os.getcwdb(), b"%d" % len(sys.argv[2:]), *map(os.fsencode, sys.argv[2:])])
asked += b"".join(b"\\0%s=%s" % pair for pair in os.environb.items())
with socket.socket(socket.AF_UNIX) as server:
    server.connect(sys.argv[1])
    socket.send_fds(server, [b"%12d" % len(asked)], [0, 1, 2])
    server.sendall(asked)
    answer = server.recv(1)
sys.exit(answer[0] if answer else "the process that forks has ended")
"""
"""What asks: an interpreter that loads nothing of any site."""

WARM: Final = ("glue", "s3", "sts", "secretsmanager")
"""Services whose models are read once, as the tests' own process reads them."""

LATE: Final = (
    "boto3",
    "cassandra.cluster",
    "cassandra.query",
    "duckdb",
    "obstore",
    "pyarrow.parquet",
    "sqlglot",
    "yaml",
)
"""What functions of gluepot import when they are called."""

NOT_HERE: Final = ("gluepot.airflow", "gluepot.loader.engines.sparkdaemon", "gluepot.__main__")
"""What is for other interpreters, or begins when it is imported."""


@contextlib.contextmanager
def programs(folder: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Give a folder with `gluepot` and `python`, for a PATH; they end with the context.

    Args:
        folder: Where the programs and the socket go.
        environ: What the libraries find when they are loaded; commands have their own.
    """
    folder.mkdir(exist_ok=True)
    (folder / "ask.py").write_text(ASK)
    ask = f'exec "{sys.executable}" -I -S "{folder}/ask.py" "{folder}/socket"'
    # a sandbox stays up until it gets a signal, which must be its own
    own = f'case "$1" in sandbox) exec "{sys.executable}" -m gluepot "$@";; esac\n'
    for name, before in (("gluepot", own), ("python", "")):
        program = folder / name
        program.write_text(f'#!/bin/sh\n{before}{ask} {name} "$@"\n')
        program.chmod(0o755)
    command = [sys.executable, "-m", "tests.support.warm", str(folder / "socket")]
    root = str(Path(__file__).parents[2])
    own_environ = {**environ, "PYTHONPATH": os.pathsep.join([environ["PYTHONPATH"], root]), "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=own_environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield folder
        finally:
            process.kill()


def main() -> None:
    """Load what commands need, then fork for each that asks, until killed."""
    _load()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen(16)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            asker, _ = listener.accept()
            if _fork() == 0:
                listener.close()
                _serve(asker)
            asker.close()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)  # one that has answered


def _fork() -> int:
    with warnings.catch_warnings():  # of threads: BLAS has some, and ends them before a fork
        warnings.simplefilter("ignore")
        return os.fork()


def _load() -> None:
    import importlib
    import pkgutil

    import boto3

    import gluepot

    for found in pkgutil.walk_packages(gluepot.__path__, "gluepot.", onerror=lambda _: None):
        if not found.name.startswith(NOT_HERE):
            with contextlib.suppress(ImportError):
                importlib.import_module(found.name)
    for name in LATE:
        importlib.import_module(name)
    share_models()
    for service in WARM:
        boto3.Session(region_name="us-east-1").client(service)


def share_models() -> None:
    """Let botocore's sessions share what they have read: models take longer to load than most tests take."""
    from botocore.loaders import Loader

    made = Loader.__init__
    read: dict[tuple[str, ...], dict[Any, Any]] = {}

    def share(loader: Any, *given: Any, **named: Any) -> None:
        made(loader, *given, **named)
        loader._cache = read.setdefault(tuple(loader.search_paths), {})

    Loader.__init__ = share  # type: ignore[method-assign, assignment] # botocore offers nothing for it


def _serve(asker: socket.socket) -> None:
    """Run what is asked for in a process, and tell the exit code; does not return."""
    length, descriptors, _, _ = socket.recv_fds(asker, 12, 3)
    asked = b""
    while len(asked) < int(length):
        asked += asker.recv(1 << 16)
    command = _fork()
    if command == 0:
        asker.close()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os._exit(_command(asked))
    for descriptor in descriptors:
        os.close(descriptor)
    code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    with contextlib.suppress(OSError):
        asker.sendall(bytes([code if code >= 0 else 128 - code]))
    os._exit(0)


def _command(asked: bytes) -> int:
    """Call a program as its own process would; gives the exit code."""
    folder, count, *rest = asked.split(b"\0")
    program, *arguments = map(os.fsdecode, rest[: int(count)])
    os.chdir(folder)
    os.environ.clear()
    for pair in rest[int(count) :]:
        name, _, value = pair.partition(b"=")
        os.environb[name] = value
    sys.argv[:] = [program, *arguments] if program == "gluepot" else arguments
    try:
        return _ended(program, arguments)
    except BaseException:  # noqa: BLE001 - what an interpreter prints at its end
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _ended(program: str, arguments: list[str]) -> int:
    try:
        if program == "gluepot":
            from gluepot.__main__ import main as command

            command()
        else:
            _program(arguments)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    return 0


def _program(arguments: list[str]) -> None:
    """Run Python's `-c CODE` or `FILE`, with its folder in front of the path, up to the end of its threads."""
    given = arguments[0]
    sys.path.insert(0, "" if given == "-c" else str(Path(given).parent.resolve()))
    try:
        if given == "-c":
            exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
        else:
            runpy.run_path(given, run_name="__main__")
    finally:
        threading._shutdown()  # type: ignore[attr-defined] # what an interpreter calls at its end
        atexit._run_exitfuncs()


if __name__ == "__main__":
    main()
