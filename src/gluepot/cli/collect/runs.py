"""What collect, push and run answer, in text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gluepot.cli import say
from gluepot.collector.extract.manifest import manifest_name
from gluepot.text import counted, sized

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.collector.collect import Collected
    from gluepot.collector.extract.manifest import Manifest
    from gluepot.collector.run import Move, Pushed, Sent

PROBLEMS_SHOWN = 20
"""The manifest has them all."""

_TITLES = {
    "tables_listed": "listed",
    "tables_failed": "failed",
    "created": "created",
    "updated": "updated",
    "deleted": "deleted",
    "not_visible": "not visible",
    "held_back": "held back",
}


def collected_text(collected: Collected, move: Move | None = None) -> str:
    """Lay a collection out for people, with the mark where it has moved."""
    texts = [run_text(folder, manifest, collected.kept_in) for folder, manifest in collected.manifests]
    return "\n".join([*texts, *([mark_text(move)] if move else [])])


def run_text(folder: Path, manifest: Manifest, kept_in: str = "") -> str:
    """Lay one server's run out for people, readable at 80 columns."""
    kind = "full snapshot" if manifest.full else f"changes since {manifest.start}"
    state = "complete" if manifest.complete else "INCOMPLETE"
    lines = [
        say.bold(f"{say.safe(manifest.server)}: {kind}, {state}"),
        say.facts(
            [
                ("mark", manifest.end),
                ("kept in", say.safe(kept_in)),
                ("regions", _regions(manifest)),
                ("databases", _databases(manifest)),
                ("tables", _tables(manifest)),
                ("redacted", _redacted(manifest)),
                ("warnings", _warnings(manifest)),
                ("folder", str(folder.absolute())),
            ],
            "  ",
        ),
        _files(manifest),
        *([] if manifest.complete else [problems_text(manifest)]),
    ]
    return "\n".join(line for line in lines if line)


def _regions(manifest: Manifest) -> str:
    return ", ".join(dict.fromkeys(entry.region for entry in manifest.regions))


def _databases(manifest: Manifest) -> str:
    counts = manifest.counts
    deleted = counts.get("databases_deleted", 0)
    return f"{counts.get('databases', 0):,}" + (f" ({deleted:,} deleted)" if deleted else "")


def _tables(manifest: Manifest) -> str:
    always = {"tables_listed"} if manifest.full else {"tables_listed", "created", "updated", "deleted"}
    counts = manifest.counts
    titles = {key: title for key, title in _TITLES.items() if counts.get(key) or key in always}
    return ", ".join(f"{counts.get(key, 0):,} {title}" for key, title in titles.items())


def _redacted(manifest: Manifest) -> str:
    total = sum(manifest.redacted.values())
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in manifest.redacted.items())
    return f"{counted(total, 'credential')} ({kinds})" if total else ""


def _warnings(manifest: Manifest) -> str:
    count = len(manifest.warnings) + manifest.warnings_more
    return f"{count:,}, see the manifest" if count else ""


def _files(manifest: Manifest) -> str:
    rows = [(file.name, f"{file.rows:,} rows", sized(file.bytes)) for file in manifest.files]
    rows.append((manifest_name(manifest.end), "", ""))
    return say.table(rows, frozenset({1, 2}), "  ")


def problems_text(manifest: Manifest, indent: str = "  ") -> str:
    """List what was not read: where, why, and the permission that is missing."""
    found = manifest.problems
    lines = [f"{indent}not read ({len(found):,}):"]
    for problem in found[:PROBLEMS_SHOWN]:
        lines.append(
            say.wrapped(f"- {say.safe(problem.where)}: {problem.reason}", sys.stdout, f"{indent}    ", f"{indent}  ")
        )
        detail = f"{problem.action} on {problem.resource}" if problem.action else say.safe(problem.message)
        lines.append(say.wrapped(say.safe(detail), sys.stdout, f"{indent}    ", f"{indent}    "))
    if len(found) > PROBLEMS_SHOWN:
        lines.append(f"{indent}  and {len(found) - PROBLEMS_SHOWN:,} more: {manifest_name(manifest.end)} names all")
    return "\n".join(lines)


def pushed_text(pushed: Pushed) -> str:
    """Lay a push out for people."""
    lines = [line for run in pushed.runs for line in _sent(run)]
    lines += [mark_text(move) for move in pushed.marks]
    return "\n".join(lines) if pushed.runs else "nothing to push"


def _sent(sent: Sent) -> list[str]:
    where = f"{sent.status} {sent.server} {sent.end}"
    if sent.status != "pushed":
        return [say.wrapped(f"{say.safe(where)}: {sent.why}", sys.stdout, "  ")]
    there = sum(file.status == "already there" for file in sent.files)
    total = sized(sum(file.bytes for file in sent.files))
    summary = f"{counted(len(sent.files), 'file')}, {total}" + (f", {there} already there" if there else "")
    checks = ", ".join(sorted({file.verified for file in sent.files}))
    lines = [say.safe(where)]
    lines.append(say.facts([("to", sent.landing), ("files", summary), ("verified by", checks)], "  "))
    return lines


def mark_text(move: Move) -> str:
    """Say that a mark has moved."""
    return f"mark {say.safe(move.name)}: {move.start} -> {move.end}"
