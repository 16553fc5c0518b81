"""`python -m gluepot_sandbox.aws.jobs.runner`: runs the script of a job, with its modules, as its role.

With PySpark it is submitted to Spark, as Glue does; its lines go to the log as they come. The process ends with the
emulator that started it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Final

import msgspec

from gluepot_sandbox.aws.jobs.spec import Ended, Line, Spec

if TYPE_CHECKING:
    from gluepot_sandbox.aws.jobs.spec import Message

CATEGORY: Final = "Error Category: UNCLASSIFIED_ERROR; "
"""What Glue puts before the last line of a traceback."""

CONF: Final = (
    "spark.ui.enabled=false",
    "spark.driver.host=127.0.0.1",
    "spark.driver.bindAddress=127.0.0.1",
    "spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
)
"""No port is open to the network; where code is compiled once, a short job takes two thirds of the time (measured)."""

_SPARK: Final = re.compile(r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) ")
"""A line that Spark logs; all others are the script's own."""

_TRACEBACK: Final = "Traceback (most recent call last):"
_saying = threading.Lock()


def main() -> None:
    """Run what standard input says, and say how it ended."""
    spec = msgspec.json.decode(sys.stdin.buffer.readline(), type=Spec)
    threading.Thread(target=_end_with_emulator, daemon=True).start()
    _say(Ended(_run(spec)))


def _run(spec: Spec) -> str:
    """Run a job; returns why it failed, or nothing."""
    process = subprocess.Popen(  # noqa: S603 - the job's own script
        _command(spec),
        cwd=spec.folder,
        env=_environment(spec),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    printed: list[str] = []
    threads = [
        threading.Thread(target=_listen, args=(pipe, printed)) for pipe in (process.stdout, process.stderr) if pipe
    ]
    for thread in threads:
        thread.start()
    code = process.wait()
    for thread in threads:
        thread.join()
    return error_of(code, printed)


def error_of(code: int, printed: list[str]) -> str:
    """Word the error message as Glue does: the last line of the traceback, else the exit code."""
    if code == 0:
        return ""
    if _TRACEBACK not in printed:
        return f"Command failed with exit code {code}"
    last = len(printed) - 1 - printed[::-1].index(_TRACEBACK)
    lines = [line for line in printed[last + 1 :] if line and not line.startswith(" ")]
    return f"{CATEGORY}{lines[0] if lines else f'exit code {code}'}"


def _command(spec: Spec) -> list[str]:
    python = spec.python or sys.executable
    own = {"--JOB_NAME": spec.job, "--JOB_ID": f"j_{spec.job}", "--JOB_RUN_ID": spec.run}
    arguments = [text for pair in {**own, **spec.arguments}.items() for text in pair]
    home = _spark(python) if spec.master else ""
    if not home:
        return [python, spec.script, *arguments]
    further = spec.arguments.get("--conf", "").split(" --conf ")
    conf = [text for setting in (*CONF, *filter(None, further)) for text in ("--conf", setting)]
    return [f"{home}/bin/spark-submit", "--master", spec.master, *conf, spec.script, *arguments]


def _spark(python: str) -> str:
    """Find the PySpark of an interpreter; empty where it has none."""
    ask = "import importlib.util as u; s = u.find_spec('pyspark'); print(s.submodule_search_locations[0] if s else '')"
    completed = subprocess.run([python, "-P", "-c", ask], capture_output=True, text=True, check=False)  # noqa: S603 - an interpreter
    return completed.stdout.strip()


def _environment(spec: Spec) -> dict[str, str]:
    python = spec.python or sys.executable
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(spec.paths),
        "PYTHONUNBUFFERED": "1",
        "PYSPARK_PYTHON": python,
        "PYSPARK_DRIVER_PYTHON": python,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": spec.folder,
        "TMPDIR": spec.folder,
    }


def _listen(pipe: IO[bytes], printed: list[str]) -> None:
    for raw in pipe:
        line = raw.decode(errors="replace").rstrip("\r\n")
        is_spark = _SPARK.match(line) is not None
        if not is_spark:
            printed.append(line)
        _say(Line("error" if is_spark else "output", line))


def _say(message: Message) -> None:
    with _saying:
        sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
        sys.stdout.buffer.flush()


def _end_with_emulator() -> None:
    """End with the emulator: its end of the pipe closes, however it goes."""
    while sys.stdin.buffer.read(1024):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
