"""What collect, push and run answer in JSON: the names and types here are what `--output json` prints."""

from pathlib import Path

import msgspec

from gluepot.collector.collect import Collected
from gluepot.collector.extract.manifest import FileEntry, Manifest, Problem, RegionEntry, manifest_name
from gluepot.collector.run import Move, Pushed, Ran, Sent


class RunAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One server's run in JSON: where it lies and goes, its marks, its files, what was incomplete.

    `regions` are those that were read; `why_full` says why it is a full snapshot, if it is one.
    """

    folder: str
    manifest: str
    server: str
    landing: str
    regions: list[RegionEntry]
    start: str
    end: str
    full: bool
    why_full: list[str]
    complete: bool
    counts: dict[str, int]
    files: list[FileEntry]
    problems: list[Problem]
    redacted: dict[str, int]
    seconds: dict[str, float]


class CollectAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`gluepot collect --output json`: one run per server; `mark` is null where no mark moved.

    `kept_in` is where the mark is kept.
    """

    exit_code: int
    complete: bool
    runs: list[RunAnswer]
    warnings: list[str]
    kept_in: str
    mark: Move | None = None


class PushAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`gluepot push --output json`: what became of each run, and the marks that moved."""

    exit_code: int
    runs: list[Sent]
    marks: list[Move]


class AllAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`gluepot run --output json`: what earlier runs had left, what was collected, what was pushed."""

    exit_code: int
    pending: PushAnswer
    collected: CollectAnswer
    pushed: PushAnswer


def collect_answer(collected: Collected, move: Move | None = None) -> CollectAnswer:
    """Answer for a collection."""
    return CollectAnswer(
        exit_code=collected.exit_code,
        complete=collected.complete,
        runs=[_run_answer(folder, manifest) for folder, manifest in collected.manifests],
        warnings=list(collected.warnings),
        kept_in=collected.kept_in,
        mark=move,
    )


def push_answer(pushed: Pushed) -> PushAnswer:
    """Answer for a push."""
    return PushAnswer(exit_code=pushed.exit_code, runs=pushed.runs, marks=pushed.marks)


def all_answer(ran: Ran) -> AllAnswer:
    """Answer for a whole run."""
    return AllAnswer(
        exit_code=ran.exit_code,
        pending=push_answer(ran.before),
        collected=collect_answer(ran.collected),
        pushed=push_answer(ran.pushed),
    )


def _run_answer(folder: Path, manifest: Manifest) -> RunAnswer:
    return RunAnswer(
        folder=str(folder.absolute()),
        manifest=manifest_name(manifest.end),
        server=manifest.server,
        landing=manifest.landing,
        regions=manifest.regions,
        start=manifest.start,
        end=manifest.end,
        full=manifest.full,
        why_full=manifest.why_full,
        complete=manifest.complete,
        counts=manifest.counts,
        files=manifest.files,
        problems=manifest.problems,
        redacted=manifest.redacted,
        seconds=manifest.seconds,
    )
