"""What `gluepot load sql` prints: one part for each engine."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from gluepot.cli import say
from gluepot.cli.source import sourcejobs
from gluepot.text import did_you_mean, near

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gluepot.sql.loadedtables import LakeDatabase
    from gluepot.sql.readers import Script


def show(path: Path, engines: Sequence[str], names: tuple[str, ...], *, as_json: bool) -> int:
    """Print what engines need to read loaded tables."""
    file = sourcejobs.read(path)
    from gluepot.loader.core.connect import lake_of  # noqa: PLC0415 - lazy: start-up
    from gluepot.sql.loadedtables import lake_database  # noqa: PLC0415 - lazy: start-up
    from gluepot.sql.readers import ENGINES  # noqa: PLC0415 - lazy: start-up

    found = _chosen(lake_database(lake_of(file.target), file.target.location), names)
    scripts = [ENGINES[engine](found) for engine in engines]
    if as_json:
        say.data_json({script.engine: dataclasses.asdict(script) for script in scripts})
    else:
        say.data("\n\n".join("\n".join(_lines(script, is_alone=len(scripts) == 1)) for script in scripts))
    return 0


def _chosen(found: LakeDatabase, names: tuple[str, ...]) -> LakeDatabase:
    """Keep the tables that are asked for.

    Raises:
        ConfigError: One of them is not there, or there are none.
    """
    from gluepot.errors import ConfigError  # noqa: PLC0415 - lazy: start-up

    known = [table.name for table in found.tables]
    if not known:
        why = f"database {found.name} has no table at {found.warehouse} that gluepot made"
        raise ConfigError("there is nothing to read yet", why, "load it first: gluepot load run")
    for name in names:
        if name not in known:
            raise ConfigError(f"there is no loaded table {name}", "", did_you_mean(near(name, known) or known[:5]))
    return dataclasses.replace(found, tables=tuple(table for table in found.tables if not names or table.name in names))


def _lines(script: Script, *, is_alone: bool) -> Iterator[str]:
    """Write a script so that it can be run as it is: whatever is not SQL stands in comments."""
    if not is_alone:
        yield say.bold(f"-- {script.engine}")
    yield from (f"-- {note}" for note in script.notes)
    yield from (f"-- {key}={value}" for key, value in script.settings.items())
    for name, body in script.files.items():
        yield f"-- {name}:"
        yield from (f"--   {line}" for line in body.splitlines())
    yield from script.setup
    yield from script.statements.values()
