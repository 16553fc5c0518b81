"""What `gluepot load` does once its options are known; heavy imports come when they are used."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any

from gluepot.cli import say
from gluepot.cli.faults import remember
from gluepot.cli.start import newfile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot.loader.plan.open import Opened

DIFFERS = 3
REFUSED = 2


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open what a plan file names; its secrets are kept out of whatever is printed."""
    needs_extra()
    from gluepot.loader.plan import open as opening  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.plan import readfile  # noqa: PLC0415 - lazy: start-up

    file = readfile.read(path)
    remember(file)
    if file.route == "jdbc":
        from gluepot.loader.jdbc.explain import planned_as  # noqa: PLC0415 - lazy: start-up

        file = planned_as(file)
    with opening.opened(file) as everything:
        yield everything


def plan(path: Path, *, write: bool, as_json: bool) -> int:
    """Show a plan; 2 where something must be mended first."""
    from gluepot.cli.load import plans  # noqa: PLC0415 - lazy: start-up

    with opened(path) as everything:
        planned = everything.planned
        target = _target(everything)
    if as_json:
        say.data_json(plans.as_plain(everything.file, planned, target))
    else:
        plans.show(everything.file, planned, target)
    refusals = [*planned.refusals, *target]
    offers = [one for one in refusals if one.offer]
    if write and offers:
        from gluepot.loader.plan.offers import add  # noqa: PLC0415 - lazy: start-up

        add(path, offers)
        say.tell(f"wrote {say.number(len(offers), 'line')} into {path}: look at them, then run gluepot load plan again")
    elif offers:
        say.hint(f"gluepot load plan -c {path} --write")
    elif not refusals:
        say.hint(f"gluepot load run -c {path}")
    return REFUSED if refusals else 0


def _target(everything: Opened) -> list[Any]:
    """Look at the target without touching it; what keeps a table from being loaded there is a refusal too."""
    from gluepot.errors import GluepotError  # noqa: PLC0415 - lazy: start-up
    from gluepot.loader.plan.refusal import Refusal  # noqa: PLC0415 - lazy: start-up

    found: list[Refusal] = []
    for table in everything.planned.plan.tables:
        try:
            everything.lake.check(table)
        except GluepotError as error:
            what = f"{error.what}: {error.why}" if error.why else error.what
            if everything.file.target.create_database and "there is no database" in error.what:
                continue  # the run creates it
            if not any(one.what == what for one in found):
                found.append(Refusal(table.source, what, error.hint))
    return found


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What `gluepot load run` was asked for.

    Args:
        resume: Whether an unfinished load of the plan is finished.
        load_id: The load to join or to begin; empty for one that suits.
        create_database: Whether a Glue database that is missing is created.
        detach: Whether a Glue job is left to itself once it was started.
        as_json: Whether the answer is JSON.
    """

    resume: bool
    load_id: str
    create_database: bool
    detach: bool
    as_json: bool


def run(path: Path, asked: Asked) -> int:
    """Load; the exit code is the worst of the tables'."""
    from gluepot.cli.load import gluejobs, jdbcjobs, loads  # noqa: PLC0415 - lazy: start-up
    from gluepot.cli.load.loading_progress import Loading  # noqa: PLC0415 - lazy: start-up
    from gluepot.errors import ConfigError  # noqa: PLC0415 - lazy: start-up

    if jdbcjobs.is_route(path):
        return jdbcjobs.run(path, detach=asked.detach, as_json=asked.as_json)
    with opened(path) as everything:
        everything.raise_refusals()
        from gluepot.loader.core.connect import patience_of  # noqa: PLC0415 - lazy: start-up
        from gluepot.loader.engines.available import engine_of  # noqa: PLC0415 - lazy: start-up
        from gluepot.loader.load import Limits, Load, failed  # noqa: PLC0415 - lazy: start-up

        file = everything.file
        if asked.detach and file.engine != "glue":
            raise ConfigError(
                "--detach leaves nothing behind", f"engine {file.engine!r} loads in this process", "leave it out"
            )
        if asked.create_database or file.target.create_database:
            everything.lake.create_database()
        if file.engine == "glue":
            return gluejobs.run(everything, path, asked)
        limits = Limits(
            in_flight=file.limits.in_flight,
            range_bytes=file.limits.range_mb * 1_000_000,
            patience=patience_of(file, is_astra=everything.source.is_astra),
        )
        plan, source, lake = everything.planned.plan, everything.source, everything.lake
        with engine_of(file) as engine, Loading() as watcher:
            done = Load(plan, source, lake, limits, watcher, engine).run(asked.load_id, resume=asked.resume)
    if asked.as_json:
        say.data_json({"tables": [loads.as_plain(one) for one in done]})
    else:
        loads.loaded(done)
    wrong = failed(done)
    for one in wrong:
        if one.error is not None and one.error.hint:
            say.hint(f"{one.table.name}: {one.error.hint}")
    if not wrong:
        say.hint(f"gluepot load verify -c {path}")
    return max((one.error.exit_code for one in wrong if one.error), default=0)


def verify(path: Path, *, rescan: bool, as_json: bool) -> int:
    """Verify; 3 where a table differs."""
    from gluepot.cli.load import loads  # noqa: PLC0415 - lazy: start-up

    equal = True
    answers = []
    with opened(path) as everything:
        everything.raise_refusals()
        from gluepot.loader.verify import verify as job  # noqa: PLC0415 - lazy: start-up

        for found in job(everything.planned.plan, everything.lake, everything.source, rescan=rescan):
            equal = equal and found.is_equal
            if as_json:
                answers.append({**dataclasses.asdict(found), "table": found.table.name, "is_equal": found.is_equal})
            else:
                loads.verified(found)
    if as_json:
        say.data_json({"tables": answers})
    return 0 if equal else DIFFERS


def init(out: Path, *, as_json: bool) -> int:
    """Write a commented plan file, in the language of its suffix; `-` prints it."""
    from gluepot.loader.plan.starter import example  # noqa: PLC0415 - lazy: start-up

    return newfile.start(out, example, "gluepot load plan", as_json=as_json)


def _answer(told: dict[str, str], text: str, *, as_json: bool) -> None:
    if as_json:
        say.data_json(told)
    else:
        say.data(text)


def needs_extra() -> None:
    """Raise where an extra is missing without which no load can be looked at.

    Raises:
        MissingExtraError: It is.
    """
    import importlib.util  # noqa: PLC0415 - lazy: start-up

    from gluepot.errors import MissingExtraError  # noqa: PLC0415 - lazy: start-up

    if not all(importlib.util.find_spec(name) for name in ("cassandra", "duckdb", "numba", "pyarrow", "pyiceberg")):
        raise MissingExtraError.of("load", "gluepot load")
