"""What the emulated Glue is told about running jobs."""

from __future__ import annotations

import msgspec


class JobFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run that ends otherwise than its script does: what no script can do to itself.

    Args:
        state: How it ends: `FAILED`, `TIMEOUT`, `STOPPED`, `ERROR`.
        message: Its error message.
        lines: What its error log holds then.
        job: Glob of the job's name.
        times: How many runs end so; None for all.
        seconds: After how long, from its start; the script is not started where it is 0, and killed otherwise.
    """

    state: str = "FAILED"
    message: str = ""
    lines: tuple[str, ...] = ()
    job: str = "*"
    times: int | None = None
    seconds: float = 0.0


class GlueJobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How runs of jobs are carried out.

    Args:
        python: The interpreter that runs scripts; empty for the emulator's own.
        master: Spark's master; with an empty one, or without PySpark, the script runs in plain Python.
        everything: Whether all wheels of a wheelhouse are unpacked, and not gluepot's alone: nothing else that the
            interpreter has is then needed but PySpark.
        environment: Further variables of the script.
        minute_seconds: How long a minute of a job's timeout lasts.
        starting_seconds: How long a run is `STARTING`.
        faults: Runs that end otherwise.
    """

    python: str = ""
    master: str = "local[2]"
    everything: bool = False
    environment: dict[str, str] = {}
    minute_seconds: float = 60.0
    starting_seconds: float = 0.0
    faults: tuple[JobFault, ...] = ()
