"""What `gluepot load` does once its options are known; heavy imports come when they are used."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from gluepot.cli import say
from gluepot.cli.reporting import as_record, read_plan
from gluepot.cli.start import newfile
from gluepot.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.jobs import LoadOptions
    from gluepot.loader.verify import VerifiedTable

INCOMPLETE = 3
REFUSED = 2


def plan(path: Path, *, write: bool, take_over: bool, as_json: bool) -> int:
    """Show a plan; 2 where something must be mended first, 3 where the source keeps some tables from being planned."""
    file = _read(path)
    from gluepot.cli.load import plans  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.jobs import plan_load  # noqa: PLC0415 - lazy: start-up

    planned = plan_load(file, take_over=take_over)
    if as_json:
        say.data_json(plans.as_plain(file, planned))
    else:
        plans.show(file, planned)
    offers = [refusal for refusal in planned.refusals if refusal.offer]
    if write and offers:
        from gluepot.loader.plan.offers import add  # noqa: PLC0415 - lazy: start-up

        add(path, offers)
        say.tell(f"wrote {counted(len(offers), 'line')} into {path}: look at them, then run gluepot load plan again")
    elif offers:
        say.hint(f"gluepot load plan -c {path} --write")
    elif not planned.refusals:
        say.hint(f"gluepot load run -c {path}")
    return REFUSED if planned.refusals else INCOMPLETE if planned.unplanned else 0


def run(path: Path, options: LoadOptions, *, as_json: bool) -> int:
    """Load; the exit code is the worst of the tables'."""
    from gluepot.cli.load import gluejobs, jdbcjobs, loads  # noqa: PLC0415 - lazy: start-up
    from gluepot.cli.load.loading_progress import Loading  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.jobs import run_load  # noqa: PLC0415 - lazy: start-up

    file = read_plan(path)
    if file.route == "jdbc":
        return jdbcjobs.run(path, detach=options.detach, as_json=as_json)
    if file.engine == "glue":
        return gluejobs.run(file, path, options, as_json=as_json)
    with Loading() as watcher:
        result = run_load(file, options, watcher=watcher, say=say.note)
    return loads.answer(result, path, as_json=as_json)


def verify(path: Path, *, rescan: bool, as_json: bool) -> int:
    """Verify; 3 where a table differs, or could not be compared."""
    file = _read(path)
    from gluepot.cli.load import loads  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.jobs import verify_load  # noqa: PLC0415 - lazy: start-up

    found = verify_load(file, rescan=rescan, watcher=(lambda _: None) if as_json else loads.verified)
    if as_json:
        say.data_json({"tables": [_verified(verified) for verified in found]})
    for verified in found:
        if verified.error is not None and verified.error.hint:
            say.hint(f"{verified.table.name}: {verified.error.hint}")
    return 0 if all(verified.is_equal for verified in found) else INCOMPLETE


def _verified(verified: VerifiedTable) -> dict[str, Any]:
    masked = {column.name: column.masked for column in verified.table.columns if column.masked}
    plain = dataclasses.asdict(dataclasses.replace(verified, error=None))
    named = {"table": verified.table.name, "is_equal": verified.is_equal, "error": as_record(verified.error)}
    return {**plain, **named, "masked": masked}


def init(out: Path, *, as_json: bool) -> int:
    """Write a commented plan file, in the language of its suffix; `-` prints it."""
    from gluepot.config.starterfile import style_of  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.plan.starter import example  # noqa: PLC0415 - lazy: start-up

    return newfile.start(out, style_of(out), example, "gluepot load plan", as_json=as_json)


def _read(path: Path) -> PlanFile:
    from gluepot.loader.core import extra  # noqa: PLC0415 - lazy: start-up

    extra.require()
    return read_plan(path)
