"""What the databases of a run share, and what the databases of one region share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gluepot.glue.records import DatabaseRef

if TYPE_CHECKING:
    from gluepot.collector.baseline import Baseline
    from gluepot.collector.columnchanges import Observed
    from gluepot.collector.extract.manifest import RegionEntry
    from gluepot.collector.extract.staging import Stage
    from gluepot.collector.generation import Writer
    from gluepot.collector.notices import Patterns
    from gluepot.collector.report import Report
    from gluepot.config import Config
    from gluepot.errors import ScopeError
    from gluepot.glue.tables import Tables

Ask = Callable[[DatabaseRef, str, Callable[["ScopeError | None"], None]], None]
"""Asks whether one table is really gone: place, name, and what to do with the answer (None: it is there)."""


@dataclass(slots=True)
class Seconds:
    """Where the time goes; everything that takes some adds its own.

    Args:
        parsing: Pages, hashes and rows that are staged in bulk included.
        staging: Rows that are staged in bulk.
        noting: Look-ups in the earlier generation, and entries in the new one.
        writing: Rows that are staged table by table, and files.
    """

    parsing: float = 0.0
    staging: float = 0.0
    noting: float = 0.0
    writing: float = 0.0


@dataclass(slots=True)
class Left:
    """What a changed filter leaves out, and a landing has.

    Args:
        databases: How many databases.
        tables: How many tables of others.
    """

    databases: int = 0
    tables: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What all databases of a run share.

    Args:
        config: The configuration.
        tables: Turns records into tables.
        before: The generation to compare with; None where there is none.
        after: The generation being written.
        observed: The run's marks.
        full: Whether what has not changed is written, too.
        stale: Whether what cannot be read now is at the landing otherwise than asked for.
        left: Counts what the filters leave out now.
        patterns: Which patterns for tables match nothing.
        seconds: Where the time goes.
    """

    config: Config
    tables: Tables
    before: Baseline | None
    after: Writer
    observed: Observed
    full: bool
    stale: bool
    left: Left
    patterns: Patterns
    seconds: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One catalog of one region of one account, and where what it holds is staged.

    Args:
        target: The account's number among the reader's.
        place: The catalog, as its account sees it.
        stage: The files of its server.
        report: What its server's manifest will say.
        entry: Its own line in the manifest.
        known: Whether the earlier generation looked into it, so that being new in it is an event.
    """

    target: int
    place: DatabaseRef
    stage: Stage
    report: Report
    entry: RegionEntry
    known: bool

    def owns(self, place: DatabaseRef) -> bool:
        """Tell whether a database belongs to the account itself."""
        return place.account == self.place.account
