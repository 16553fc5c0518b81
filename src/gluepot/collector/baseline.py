"""With what a run is compared: a generation, as far as it is of this configuration's servers and landings.

A mark belongs to a name, a server and a landing. Where the generation of a mark is of others, what stands in it
says nothing of what this landing has: everything is written for it, once, and nothing is told as gone or new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from gluepot.collector.asked import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gluepot.collector.generation import Generation, StoredDatabase
    from gluepot.config import Config
    from gluepot.glue.records import DatabaseRef

ASKED = "asked"
"""The key of a generation's `about` under which `Asked` stands, as JSON."""

READ = "read"
"""The key under which the regions stand that a run was to read, as a JSON list of words for people."""


class Baseline:
    """A generation, held against what is configured.

    Args:
        generation: What was seen at an earlier mark.
        landings: Each server of this run, and the name of the landing that gets its files.
        asked: What content is asked for now.
    """

    def __init__(self, generation: Generation, landings: Mapping[str, str], asked: Asked) -> None:
        self.generation, self.landings, self.asked = generation, landings, asked
        told = generation.about.get(ASKED)
        self.before = msgspec.json.decode(told, type=Asked) if told else None
        """What was asked for then; None where the generation, of release 0.1, does not say."""

    @property
    def changes(self) -> list[str]:
        """Say what content was asked for otherwise."""
        return self.asked.unlike(self.before) if self.before else []

    @property
    def adopts(self) -> list[str]:
        """Name the landings that are taken for those of the generation, which does not say."""
        unknown = {server for server, landing in self.generation.landings.items() if not landing}
        return sorted(landing for server, landing in self.landings.items() if server in unknown)

    def covers(self, server: str) -> bool:
        """Tell whether the landing that a server has now is the one that has what stands in the generation."""
        if not self.generation.landings:  # of release 0.1, and without any database
            return True
        return self.generation.landings.get(server) in {"", self.landings[server]}

    def new_at(self, server: str) -> str:
        """Say why all of one server's is written; empty where its landing has what was seen before."""
        if self.covers(server):
            return ""
        of = self.generation.landings.get(server)
        why = f"what was seen of it went to {of}" if of else "the generation has nothing of it"
        return f"{self.landings[server]} has no snapshot of {server}: {why}, so all of it is written"

    def counts(self, old: StoredDatabase) -> bool:
        """Tell whether an entry still says what a landing has; those of servers that are not read now do."""
        server = old.place.server
        return server not in self.landings or self.covers(server)

    def database(self, place: DatabaseRef) -> StoredDatabase | None:
        """Look up a database that was written for the same server, to the same landing."""
        old = self.generation.database(place)
        same = old is not None and old.place.server == place.server and self.covers(place.server)
        return old if same else None

    def has_region(self, account: str, region: str, catalog: str, server: str) -> bool:
        """Tell whether a region was looked into for this server and landing."""
        return self.covers(server) and self.generation.has_region(account, region, catalog, server)

    def regions(self) -> Iterable[tuple[str, str, str, str]]:
        """List the regions that were looked into, and count still."""
        for key in self.generation.regions():
            if key[3] not in self.landings or self.covers(key[3]):
                yield key

    def was_asked(self, place: DatabaseRef, *, owned: bool) -> bool:
        """Tell whether a database would have been read: if not, being new to us is no event."""
        if self.before is None:
            return True
        return (owned or self.before.shared != "none") and self.before.databases.matches(place.database)

    def was_table_asked(self, name: str, place: DatabaseRef) -> bool:
        """Tell the same of a table that is asked for now."""
        return (
            self.before is None
            or self.before.tables == self.asked.tables
            or self.before.tables.matches(name, database=place.database)
        )


class Choice(NamedTuple):
    """What a run is compared with, why everything is written if it is, and what is said of it."""

    baseline: Baseline | None
    full: list[str]
    warnings: list[str]


def choose(
    of_mark: Generation, start: str, landings: Mapping[str, str], asked: Asked, others: Iterator[Generation]
) -> Choice:
    """Choose with what a run is compared: the generation of its mark, or the last one of these servers and landings.

    Args:
        of_mark: The generation of the mark.
        start: The mark.
        landings: Each server of the run, and the name of the landing that gets its files.
        asked: What content is asked for.
        others: The generations of other marks, the newest first.
    """
    full: list[str] = []
    baseline = Baseline(of_mark, landings, asked)
    if not any(map(baseline.covers, landings)):
        kept = (Baseline(found, landings, asked) for found in others if found.landings)
        last = next((other for other in kept if any(map(other.covers, landings))), None)
        what = f"the mark {start} is of {listed(of_mark.landings)}, not of {listed(landings)}"
        compared = ""
        if last:
            seen = f"compared with what was seen there at {last.generation.about['mark']}"
            compared = f", {seen}; a --name for each keeps both incremental"
        full.append(f"{what}: a full snapshot is written{compared}")
        if last is None:
            return Choice(None, full, full)
        baseline = last
    full += [f"{change}: the landing has it otherwise, so a full snapshot is written" for change in baseline.changes]
    return Choice(baseline, full, [*_adoptions(baseline), *full])


def _adoptions(baseline: Baseline) -> list[str]:
    mark = baseline.generation.about["mark"]
    why = f"the generation of {mark} names no landing, as release 0.1 wrote it"
    return [f"{why}: {landing} is taken for the one that has what was seen then" for landing in baseline.adopts]


def listed(landings: Mapping[str, str]) -> str:
    """Name servers with the landings that have what was seen of them."""
    return ", ".join(f"{server} at {landing}" if landing else server for server, landing in sorted(landings.items()))


def about(config: Config) -> dict[str, str]:
    """Say in a new generation what content was asked for, and of which regions."""
    return {ASKED: msgspec.json.encode(Asked.of(config)).decode(), READ: msgspec.json.encode(_regions(config)).decode()}


def not_read_any_more(before: Generation, config: Config) -> list[str]:
    """Say once which regions and accounts are not configured any more: what a landing has of them is not deleted."""
    gone = set(msgspec.json.decode(before.about.get(READ, "[]"), type=list[str])) - set(_regions(config))
    return [f"not read any more: {region}; what was written of it stays at the landing" for region in sorted(gone)]


def _regions(config: Config) -> list[str]:
    return [f"{region} of {target.server or 'the caller'}" for target in config.targets() for region in target.regions]
