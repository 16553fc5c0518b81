"""`gluepot check`."""

import itertools
import sys
from typing import TYPE_CHECKING

from gluepot.cli import say
from gluepot.cli.options import ConfigFile, Debug, Format, Name, Output
from gluepot.cli.reporting import read_config

if TYPE_CHECKING:
    from gluepot.collector.check import CheckReport, Line


def check(*, config: ConfigFile, name: Name = "glue", output: Format = Output.TEXT, _debug: Debug = False) -> int:
    """Try every account, region and API, and say which IAM permission is missing."""
    settings = read_config(config)
    from gluepot.collector.check import check as job  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.hwm import checked_prefix  # noqa: PLC0415 - lazy: start-up

    checked_prefix(name)
    report = job(settings, name=name, beside=config.absolute().parent)
    if output == Output.JSON:
        answer = {"access": report.access, "places": report.places, "not_tried": report.not_tried}
        say.data_json({"exit_code": report.exit_code, "reached": report.reached, **answer})
    else:
        say.data(_text(report))
    _say_what_next(report, str(config))
    return report.exit_code


def _text(report: "CheckReport") -> str:
    lines = []
    for where, group in itertools.groupby(report.access, lambda line: line.where):
        lines.append(say.bold(say.safe(where)))
        lines.append(_rows([(line, line.what, line.detail) for line in group]))
    lines.append(say.bold("here"))
    lines.append(_rows([(line, line.what, _placed(line)) for line in report.places]))
    lines.append(say.wrapped(f"not tried: {'; '.join(report.not_tried)}", sys.stdout, "  "))
    return "\n".join(lines)


def _placed(line: "Line") -> str:
    return f"{line.where}: {line.detail}" if line.where else line.detail


def _rows(rows: "list[tuple[Line, str, str]]") -> str:
    """Lay lines out, each with what is missing and what to do below it."""
    names = max(len(what) for _, what, _ in rows)
    states = max(len(line.status) for line, _, _ in rows)
    lines = []
    for line, what, detail in rows:
        before = f"  {what.ljust(names)}  {line.status.ljust(states)}  "
        lines.append(say.wrapped(say.safe(detail), sys.stdout, " " * len(before), before).rstrip())
        if line.action:
            lines.append(f"    missing: {line.action}\n    on:      {say.safe(line.resource)}")
        if line.hint:
            lines.append(say.wrapped(say.safe(line.hint), sys.stdout, "          ", "    hint: "))
    return "\n".join(lines)


def _say_what_next(report: "CheckReport", config: str) -> None:
    if any(line.action.startswith("glue:") for line in report.access):
        say.hint(f"gluepot access policy -c {config} prints the policy that is needed")
    elif report.exit_code == 0:
        say.hint(f"gluepot run -c {config}")
