"""What `gluepot source` does once its options are known; heavy imports come when they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.cli import hiding, prompts, say
from gluepot.cli.reporting import read_plan
from gluepot.errors import OutputError
from gluepot.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.cassandra.connect import Connected
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.source.seen import Seen

ROWS: Final = 5
"""Sample rows of each table, where they are shown without being asked for."""


def read(path: Path) -> PlanFile:
    """Read a plan file; its secrets are kept out of whatever is printed.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong.
        MissingExtraError: What it takes is not installed.
    """
    from gluepot.loader.core import extra  # noqa: PLC0415 - lazy: start-up

    extra.require("this command")
    return read_plan(path)


def show(path: Path, table: str, *, rows: int | None, html: Path | None, as_json: bool) -> int:
    """Look into the keyspace, and print or write what is seen."""
    file = read(path)
    wanted = rows if rows is not None else ROWS if table or html else 0
    with _connected(file) as connected:
        from gluepot.source import look  # noqa: PLC0415 - lazy: a wrong password is told before pyarrow is loaded

        seen = look.look(connected, file.source.keyspace, table, rows=wanted, redactor=hiding.redactor())
    if html is not None:
        _write(html, seen)
    _print(seen, as_json=as_json, is_written=html is not None)
    return 0


def sample(path: Path, *, keyspace: str, create: bool, yes: bool, as_json: bool) -> int:
    """Write the sample; asks before it writes beside rows of somebody else."""
    file = read(path)
    from gluepot.source import seeding  # noqa: PLC0415 - lazy: start-up

    where = keyspace or file.source.keyspace
    with _connected(file) as connected:
        beside = yes or _agreed(seeding.foreign(connected, where), where)
        written = seeding.write_sample(connected, where, create=create and not connected.is_astra, beside=beside)
    if as_json:
        say.data_json({"keyspace": written.keyspace, "rows": written.rows})
    else:
        rows = [(f"{written.keyspace}.{name}", counted(count, "row")) for name, count in written.rows.items()]
        say.data(say.table([("wrote", name, count) for name, count in rows]))
    say.hint(f"gluepot source show -c {path}")
    return 0


def _agreed(others: dict[str, list[str]], keyspace: str) -> bool:
    """Ask on a terminal whether to write beside other rows; nobody is asked elsewhere."""
    if not others or not prompts.can_ask():
        return False
    names = ", ".join(say.safe(name) for name in others)
    question = f"{say.safe(keyspace)}: {names} holds other rows; write beside them? [y/N]"
    return prompts.answered(question, default="").lower() in {"y", "yes"}


def _connected(file: PlanFile) -> Connected:
    from gluepot.loader.core.connect import connect  # noqa: PLC0415 - lazy: start-up

    return connect(file.source)


def _print(seen: Seen, *, as_json: bool, is_written: bool) -> None:
    from gluepot.cli.source import sources  # noqa: PLC0415 - lazy: start-up

    if as_json:
        say.data_json(sources.as_plain(seen))
    elif not is_written:
        say.data(sources.as_text(seen))


def _write(path: Path, seen: Seen) -> None:
    from gluepot.source.page import page  # noqa: PLC0415 - lazy: start-up

    try:
        path.write_text(page(seen), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write {path}", error.strerror or str(error), "name another file") from error
    say.tell(f"wrote {say.safe(path)}")
