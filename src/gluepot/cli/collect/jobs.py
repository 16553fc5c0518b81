"""What `gluepot collect`, `push` and `run` do once their options are known; heavy imports come when they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.cli import say
from gluepot.cli.collect import progress
from gluepot.cli.reporting import read_config
from gluepot.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.collector.collect import Collected
    from gluepot.collector.lease import Lease
    from gluepot.collector.run import Move, Ran
    from gluepot.config import Config


def collect(
    *,
    config: Path,
    name: str = "glue",
    full: bool = False,
    since: str | None = None,
    publish: bool = False,
    as_json: bool = False,
) -> int:
    """Read the catalogs and write what is new or changed as extract files."""
    settings = read_config(config)
    from gluepot.collector.collect import Options  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.collect import collect as job  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.hwm import checked_prefix  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.lease import leased  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.reading import process  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.settings import marks_of  # noqa: PLC0415 - lazy: start-up

    checked_prefix(name)
    with leased(marks_of(settings), name) as lease:
        with progress.Reading(_where(settings)) as told:
            beside = config.absolute().parent
            options = Options(apart=process.is_prestarted(), progress=told, beside=beside, lease=lease)
            collected = job(settings, name=name, start=since, full=full, options=options)
        _warn(collected)
        move = _publish(settings, collected, name, lease) if publish else None
    if as_json:
        from gluepot.cli.collect.answers import collect_answer  # noqa: PLC0415 - lazy: start-up

        say.data_json(collect_answer(collected, move))
    else:
        from gluepot.cli.collect import runs  # noqa: PLC0415 - lazy: start-up

        say.data(runs.collected_text(collected, move))
    if not publish:
        say.hint(f"gluepot push -c {config}" + (f" -n {name}" if name != "glue" else ""))
    return collected.exit_code


def push(*, config: Path, name: str = "glue", as_json: bool = False) -> int:
    """Send what the manifests in the output folder name to the landing, and move the mark."""
    settings = read_config(config)
    from gluepot.cli.collect import answers, runs  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.destination import require_landing  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.hwm import checked_prefix  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.lease import leased  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.run import push_pending  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.settings import marks_of  # noqa: PLC0415 - lazy: start-up

    checked_prefix(name)
    require_landing(settings)
    with leased(marks_of(settings), name) as lease:
        if lease.warning:
            say.warn(lease.warning)
        pushed = push_pending(settings, name=name, progress=progress.Sending(), lease=lease)
    if as_json:
        say.data_json(answers.push_answer(pushed))
    else:
        say.data(runs.pushed_text(pushed))
    return pushed.exit_code


def run(
    *,
    config: Path,
    name: str = "glue",
    full: bool = False,
    as_json: bool = False,
) -> int:
    """Push what is pending, collect, push, and then move the high-water mark."""
    settings = read_config(config)
    from gluepot.cli.collect import answers, runs  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.collect import Options  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.hwm import checked_prefix  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.reading import process  # noqa: PLC0415 - lazy: start-up
    from gluepot.collector.run import run as job  # noqa: PLC0415 - lazy: start-up

    checked_prefix(name)

    def on_collected(collected: Collected) -> None:
        told.done()
        _warn(collected)
        if not as_json:
            say.data(runs.collected_text(collected))

    with progress.Reading(_where(settings)) as told:
        options = Options(apart=process.is_prestarted(), progress=told, beside=config.absolute().parent)
        sending = progress.Sending()
        ran = job(settings, name=name, full=full, options=options, progress=sending, on_collected=on_collected)
    if as_json:
        say.data_json(answers.all_answer(ran))
    else:
        say.data(runs.pushed_text(ran.pushed))
    _say_why_the_mark_stays(ran)
    return ran.exit_code


def _where(settings: Config) -> str:
    targets = settings.targets()
    regions = sum(len(target.regions) for target in targets)
    return f"{counted(regions, 'region')} of {counted(len(targets), 'account')}"


def _warn(collected: Collected) -> None:
    for warning in collected.warnings:
        say.warn(warning)


def _publish(settings: Config, collected: Collected, name: str, lease: Lease) -> Move | None:
    from gluepot.collector.run import publish  # noqa: PLC0415 - lazy: start-up

    move = publish(settings, collected, name, lease)
    if move is None:
        say.warn("the mark has not moved: the run is incomplete, and on_incomplete is 'fail'")
    return move


def _say_why_the_mark_stays(ran: Ran) -> None:
    if ran.pushed.marks or any(run.status == "withheld" for run in ran.pushed.runs):
        return
    end = ran.collected.manifests[0][1].end
    say.warn(f"the mark has not moved: it does not stand where this run started, or lies behind {end}")
    say.hint(f"gluepot hwm set '{end}'")
