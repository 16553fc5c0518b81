"""`gluepot status`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gluepot.cli import say
from gluepot.cli.options import ConfigFile, Debug, Format, Output
from gluepot.cli.reporting import read_config
from gluepot.text import counted, sized

if TYPE_CHECKING:
    from gluepot.collector.status import RunStatus, StatusReport

Last = Annotated[int, typer.Option("--last", metavar="N", min=1, help="How many runs to show.")]


def status(*, config: ConfigFile, last: Last = 10, output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Show the last runs from their manifests: marks, counts, and what was incomplete."""
    settings = read_config(config)
    from gluepot.collector.status import status as job  # noqa: PLC0415 - lazy: start-up

    report = job(settings, last=last)
    if output == Output.JSON:
        say.data_json(report)
    else:
        say.data(_text(report, str(Path(settings.output_path).absolute())))
    for broken in report.broken:
        say.warn(f"{broken.manifest} is not shown: {broken.why}")
        say.hint(broken.hint)
    for name in dict.fromkeys(run.name for run in report.runs if run.state == "pending"):
        say.hint(f"gluepot push -c {config}" + (f" -n {name}" if name != "glue" else ""))
    return 0


def _text(report: "StatusReport", output: str) -> str:
    if not report.runs:
        return f"no run has left a manifest in {say.safe(output)} yet"
    lines = [line for run in report.runs for line in _run(run)]
    if report.total > len(report.runs):
        lines.append(f"and {counted(report.total - len(report.runs), 'earlier run')}: --last {report.total}")
    lines += [
        f"mark {say.safe(entry.name)}: {entry.mark or entry.why} ({say.safe(entry.kept_in)})" for entry in report.marks
    ]
    return "\n".join(lines)


def _run(run: "RunStatus") -> list[str]:
    kind = "full" if run.full else f"since {run.start}"
    whole = "complete" if run.complete else "INCOMPLETE"
    counts = run.counts
    changes = ", ".join(
        f"{counts[key]:,} {key.replace('_', ' ')}"
        for key in ("created", "updated", "deleted", "not_visible", "held_back")
        if counts.get(key)
    )
    tables = f"{counted(counts.get('tables_listed', 0), 'table')} in {counts.get('databases', 0):,} databases"
    written = f"{counted(run.files, 'file')}, {run.rows:,} rows, {sized(run.bytes)}"
    lines = [say.bold(f"{run.end}  {say.safe(run.server)}  {run.state}, {whole}")]
    lines.append(
        say.wrapped("; ".join(part for part in (kind, tables, changes, written) if part), sys.stdout, "  ", "  ")
    )
    for problem in run.problems[:3]:
        missing = f": {problem.action} on {problem.resource}" if problem.action else ""
        lines.append(say.wrapped(say.safe(f"{problem.where}: {problem.reason}{missing}"), sys.stdout, "      ", "    "))
    if len(run.problems) > 3:  # noqa: PLR2004 - as many as are shown above
        lines.append(f"    and {len(run.problems) - 3:,} more in {say.safe(run.manifest)}")
    return lines
