"""What the emulator tells a runner, and what that says back, a line of JSON each."""

# No `from __future__ import annotations`: msgspec reads the annotations when the classes are built.

import msgspec


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as its runner needs it.

    Args:
        job: The job's name.
        run: The run's id.
        script: Path of the script.
        paths: Folders that go before the interpreter's own modules.
        arguments: Of job and run together.
        folder: Where it may write; removed afterwards.
        python: The interpreter; empty for the runner's own.
        master: Spark's master; empty for plain Python.
    """

    job: str
    run: str
    script: str
    paths: tuple[str, ...]
    arguments: dict[str, str]
    folder: str
    python: str
    master: str


class Line(msgspec.Struct, frozen=True, tag=True):
    """A line for a log: `output` for what the script prints, `error` for what Glue and Spark do."""

    stream: str
    text: str


class Ended(msgspec.Struct, frozen=True, tag=True):
    """The end, and why it failed; empty where it did not."""

    error: str = ""


Message = Line | Ended
