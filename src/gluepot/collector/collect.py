"""Collect: read the catalog, stage what is new or changed, commit it as extract files.

The page to read first. `collect` is the whole job: it looks up the mark and the generation that it
stands for, reads every scope, and makes the files visible in one step, the manifest last. Nothing is
moved on here: the mark is, when what it covers has been pushed.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import msgspec

from gluepot.collector import runfolder
from gluepot.collector.asked import Asked
from gluepot.collector.baseline import about, choose, not_read_any_more
from gluepot.collector.columnchanges import Observed
from gluepot.collector.context import Context, Left, Region, Seconds
from gluepot.collector.destination import folder_of, landing_at, name_of
from gluepot.collector.extract.formats import formats_of
from gluepot.collector.extract.manifest import Manifest, RegionEntry, stamp
from gluepot.collector.extract.staging import Stage
from gluepot.collector.generation import Generation, Writer, generation_errors
from gluepot.collector.hwm import EPOCH, checked_prefix, format_mark, normal_mark, parse_mark
from gluepot.collector.lease import Lease, leased
from gluepot.collector.listing import Listing
from gluepot.collector.notices import Patterns, another_account, another_region, mark_beside
from gluepot.collector.report import Report
from gluepot.collector.settings import catalog_ref, marks_of, setup_of, state_of
from gluepot.errors import ScopeError, UnreachableError
from gluepot.glue.tables import Tables
from gluepot.mask.credentials import Redactor
from gluepot.text import counted
from gluepot.version import __version__
from gluepot.waiting.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluepot.collector.baseline import Baseline
    from gluepot.collector.reading.messages import Setup
    from gluepot.collector.reading.reader import Reader
    from gluepot.config import Account, Config


class Collected(msgspec.Struct, frozen=True):
    """What a collection left behind.

    Args:
        manifests: Each server's manifest, with the folder that holds it and its files.
        complete: Whether everything that was asked for was read.
        warnings: What concerns the run as a whole.
        kept_in: Where the mark is kept.
    """

    manifests: tuple[tuple[Path, Manifest], ...]
    complete: bool
    warnings: tuple[str, ...] = ()
    kept_in: str = ""

    @property
    def exit_code(self) -> int:
        """0 when complete, else 3."""
        return 0 if self.complete else 3


@patiently
def collect(
    config: Config,
    *,
    name: str = "glue",
    start: str | None = None,
    end: str | None = None,
    full: bool = False,
    options: Options | None = None,
) -> Collected:
    """Collect what the catalogs hold into extract files.

    Args:
        config: The configuration.
        name: The name under which marks and generations are kept.
        start: The mark to compare with (UTC, `YYYY-MM-DD HH:MM:SS`); left out, the one that stands.
        end: The mark that this run reaches; left out, now.
        full: Write a full snapshot, whatever has changed.
        options: How to read and whom to tell of the progress.

    Raises:
        ConfigError: The configuration asks for something that cannot be.
        StateError: The mark or its generation cannot be used.
        OutputError: `output_path` cannot be written.
        BusyError: Another run is writing there, or is at work on the mark.
        UnreachableError: Not one account and region could be listed.
    """
    options = options or Options()
    checked_prefix(name)
    began = time.perf_counter()
    marks = marks_of(config)
    with contextlib.ExitStack() as stack:
        # whoever uploads with other tools has a mark of his own, and no end that gluepot would see
        lease = None if options.in_place else stack.enter_context(leased(marks, name, options.lease))
        start = normal_mark(start) if start is not None else marks.read(name)
        output = stack.enter_context(runfolder.locked(Path(config.output_path)))
        recover(config, output)
        end = normal_mark(end) if end is not None else _now(config, output, start)
        run = stack.enter_context(_Run(config, name, start, end, output, options))
        if full:
            run.full.append("--full asks for it")
        stack.enter_context(generation_errors(run.before.path if run.before else None, run.after.path))
        run.read()
        if lease:
            run.warnings += [lease.warning] if lease.warning else []
            lease.check()
        return msgspec.structs.replace(run.commit(began), kept_in=marks.name(name))


class Options(msgspec.Struct, frozen=True):
    """How a collection reads, where its files go, and whom it tells of its progress.

    Args:
        apart: Read in a process of its own, which is faster; in this one by default, so that
            patches and sessions of the caller's process count.
        progress: Called often, with the `Listing` at work.
        in_place: The files are handed over where they are written, whatever landing is configured.
        beside: The folder of the configuration file, where there is one: a mark that stands there is told.
        lease: The lease of the mark, where the caller holds it already.
    """

    apart: bool = False
    progress: Callable[[Listing], None] = lambda _: None
    in_place: bool = False
    beside: Path | None = None
    lease: Lease | None = None


def folders(config: Config, output: Path) -> list[Path]:
    """List the folders that hold runs: `output_path` itself, and with `accounts` one per server below it, too."""
    if not config.accounts:
        return [output]
    below = (
        [path for path in output.iterdir() if path.is_dir() and not path.name.startswith(".")]
        if output.is_dir()
        else []
    )
    return [output, *sorted(path for path in below if path.name != "pushed")]


def recover(config: Config, output: Path) -> None:
    """Finish what a killed run had committed in any of the folders, and clear away what it had not."""
    for folder in folders(config, output):
        runfolder.recover(folder)
    for scratch in output.glob(".gluepot-scratch-*"):
        shutil.rmtree(scratch)


def _now(config: Config, output: Path, start: str) -> str:
    """Take the end mark: now, in whole seconds, and never one that a run has already, here or elsewhere."""
    while True:
        mark = format_mark(datetime.now(UTC))
        if mark != start and not any(runfolder.has_run(folder, mark) for folder in folders(config, output)):
            return mark
        time.sleep(0.05)


class _Server(NamedTuple):
    """What belongs to one server: its folder, the hidden one in which its files grow, its stage and its report.

    `landing` is the name of the place that its files go to, `full` why all of it is written, if it is.
    """

    folder: Path
    growing: Path
    stage: Stage
    report: Report
    landing: str
    full: list[str]


class _Run:
    """One collection under way; everything it opens is closed when it ends, however that is."""

    def __init__(self, config: Config, name: str, start: str, end: str, output: Path, options: Options) -> None:
        self.config, self.output, self.options = config, output, options
        self.name, self.start, self.end = name, start, end
        self.full: list[str] = []
        """Why everything is written, whatever has changed; empty where it is not."""
        self.baseline: Baseline | None = None
        self.landings: dict[str, str] = {}
        self.warnings: list[str] = []
        self.accounts = config.targets()
        self.setup: Setup = setup_of(config, self.accounts)
        self.redactor = Redactor(self.setup.known)
        self.formats = formats_of(config)
        self.state = state_of(config)
        self.servers: dict[str, _Server] = {}
        self._growing: list[Path] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            # an interruption may come between any two steps: what clears away is set up before what it clears
            scratch = f"scratch-{stamp(self.end)}"
            stack.callback(shutil.rmtree, runfolder.hidden(self.output, scratch), ignore_errors=True)
            self.scratch = runfolder.growing(self.output, scratch)
            # the reader first: it starts while everything else is looked up
            self.reader = stack.enter_context(_reader(self.setup, apart=self.options.apart))
            self.before = self._generation(stack)
            told = {"name": self.name, "mark": self.end, "start": self.start, "gluepot": __version__}
            path = self.scratch / "generation.sqlite"
            with generation_errors(None, path):
                self.after = Writer(path, {**told, **about(self.config)})
            stack.callback(self.after.abandon)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.servers.values():
            server.stage.abandon()
        for path in self._growing:
            runfolder.discard(path)
        self._stack.close()

    def _generation(self, stack: contextlib.ExitStack) -> Generation | None:
        """Open the generation of the start mark; None makes this a full snapshot."""
        if self.start == EPOCH:
            self.full.append("there is no mark yet")
            return None
        if parse_mark(self.start) > parse_mark(self.end):
            why = f"the mark {self.start} lies in the future, where no run moves it: a full snapshot is written"
            self._write_all(f"{why}, and by every run until then; gluepot hwm set '{self.end}' sets it back")
            return None
        found = self._open(self.start, stack)
        if found is None:
            self._write_all(f"there is no generation for the mark {self.start}: a full snapshot is written")
        return found

    def _open(self, mark: str, stack: contextlib.ExitStack) -> Generation | None:
        path = self.state.fetch(self.name, mark, self.scratch)
        if path is None:
            return None
        generation = Generation(path)
        stack.callback(generation.close)
        return generation

    def _write_all(self, why: str) -> None:
        """Write a full snapshot, and say why."""
        self.full.append(why)
        self.warnings.append(why)

    # read ---------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read every scope into the stages and the new generation."""
        mask_sql = _mask_sql if self.config.mask else None
        self.tables = Tables(self.redactor, mask_sql)
        self.listing = Listing(self.reader, self.redactor, self.options.progress)
        identities = self.listing.identities(self.accounts)
        servers = [_server_of(*found) for found in zip(self.accounts, identities, range(len(identities)), strict=True)]
        self._notice(servers, identities)
        self._find_baseline(servers)
        self.context = Context(
            config=self.config,
            tables=self.tables,
            before=self.baseline,
            after=self.after,
            observed=Observed(self.end, self.start),
            full=bool(self.full),
            stale=bool(self.baseline and self.baseline.changes),
            left=Left(),
            patterns=Patterns("tables", self.config.tables),
            seconds=Seconds(),
        )
        self.listing.read(self.context, self._regions(servers, identities))
        self._check_reached()
        self._tell_what_is_left()
        self.warnings += self.listing.notices()

    def _notice(self, servers: list[str], identities: list[str | ScopeError]) -> None:
        """Say what is most likely not meant, before anything is read."""
        told = [another_region(self.config)]
        if self.start == EPOCH:
            told.append(mark_beside(self.config, self.name, self.options.beside, servers))
        told += [
            another_account(server, identity)
            for server, identity in zip(servers, identities, strict=True)
            if isinstance(identity, str)
        ]
        self.warnings += filter(None, told)

    def _find_baseline(self, servers: list[str]) -> None:
        """Choose what this run is compared with: nothing of another server's or another landing's."""
        for index, server in enumerate(servers):
            landing = None if self.options.in_place else landing_at(self.config, index, server)
            self.landings[server] = name_of(landing, folder_of(self.config, server))
            self.after.add_server(server, self.landings[server])
        if self.before is not None:
            chosen = choose(self.before, self.start, self.landings, Asked.of(self.config), self._others())
            self.baseline = chosen.baseline
            self.full += chosen.full
            self.warnings += [*chosen.warnings, *not_read_any_more(self.before, self.config)]

    def _others(self) -> Iterator[Generation]:
        """Open the generations of other marks than the one that this run starts from, the newest first."""
        for mark in self.state.marks(self.name):
            if mark != stamp(self.start) and (found := self._open(mark, self._stack)):
                yield found

    def _tell_what_is_left(self) -> None:
        """Say what a changed filter leaves out: it stays at the landing, for nobody has deleted it."""
        left = self.context.left
        if self.context.stale and (left.databases or left.tables):
            counts = ((left.databases, "database"), (left.tables, "table"))
            found = " and ".join(counted(count, what) for count, what in counts if count)
            self.warnings.append(f"not asked for any more: {found}, which stay at the landing as they were")

    def _regions(self, servers: list[str], identities: list[str | ScopeError]) -> list[Region]:
        """Lay out the regions to read, each with the stage and the report of its server."""
        regions = []
        for index, (account, server, identity) in enumerate(zip(self.accounts, servers, identities, strict=True)):
            if isinstance(identity, ScopeError):
                self._server(server).report.failed(f"the account of {server}", identity)
                continue
            regions += [self._region(index, account, identity, region, server) for region in account.regions]
        return regions

    def _region(self, index: int, account: Account, identity: str, region: str, server: str) -> Region:
        own = self._server(server)
        place = catalog_ref(account, identity, region, server)
        entry = RegionEntry(account=place.account, region=region, catalog=place.catalog)
        own.report.regions.append(entry)
        before = self.baseline
        known = before is not None and before.has_region(place.account, region, place.catalog, server)
        return Region(target=index, place=place, stage=own.stage, report=own.report, entry=entry, known=known)

    def _server(self, name: str) -> _Server:
        """Return what belongs to a server; begun when first asked for."""
        if name not in self.servers:
            folder = folder_of(self.config, name)
            runfolder.refuse_another(folder, self.end, self.name, name)
            self._growing.append(runfolder.hidden(folder, stamp(self.end)))
            growing = runfolder.growing(folder, stamp(self.end))
            stage = Stage(growing, self.end, self.formats, compress=self.config.compress)
            landing, full = self.landings[name], [*self.full, *self._new_at(name)]
            self.servers[name] = _Server(folder, growing, stage, Report(self.redactor), landing, full)
        return self.servers[name]

    def _new_at(self, server: str) -> list[str]:
        """Say why one of several servers is written whole, where the others are not."""
        why = self.baseline.new_at(server) if self.baseline else ""
        self.warnings += [why] if why else []
        return [why] if why else []

    def _check_reached(self) -> None:
        """Stop where nothing at all could be listed: files of nothing would look like an empty catalog.

        Raises:
            UnreachableError: Every account and region failed.
        """
        reports = [server.report for server in self.servers.values()]
        if any(region.complete for report in reports for region in report.regions):
            return
        reasons = "; ".join(problem.message for report in reports for problem in report.problems)
        raise UnreachableError(
            "nothing could be read: no account and region could be listed",
            reasons or "the configuration names none",
            "gluepot check -c FILE goes through each account, region and permission",
        )

    # commit -------------------------------------------------------------------------------------

    def commit(self, began: float) -> Collected:
        """Keep the generation, then make the files visible, the manifest last."""
        generation = self.state.store(self.after.finish(), self.name, self.end)
        done = []
        for name, server in self.servers.items():
            for warning in self.warnings:
                server.report.warn("the run", warning)
            manifest = server.report.into(self._manifest(name, server, generation))
            manifest.seconds = self._seconds(began)
            runfolder.commit(server.growing, manifest)
            done.append((server.folder, manifest))
        self.state.prune(self.name, self.start)
        return Collected(tuple(done), all(manifest.complete for _, manifest in done), tuple(self.warnings))

    def _manifest(self, server: str, own: _Server, generation: str) -> Manifest:
        return Manifest(
            version=__version__,
            name=self.name,
            server=server,
            landing=own.landing,
            start=self.start,
            end=self.end,
            full=bool(own.full),
            why_full=own.full,
            asked=Asked.of(self.config),
            complete=False,
            on_incomplete=self.config.on_incomplete,
            generation=generation,
            files=own.stage.finish(),
            redacted=dict(sorted(self.redactor.counts.items())),
        )

    def _seconds(self, began: float) -> dict[str, float]:
        spent, listing, hashing = self.context.seconds, self.listing, self.tables.hashing
        seconds = {
            "wall": time.perf_counter() - began,
            "waiting": listing.idle,
            "parsing": spent.parsing - hashing - spent.staging,
            "hashing": hashing,
            "comparing": spent.noting,
            "writing": spent.writing + spent.staging,
            "requests": listing.waited,
        }
        return {key: round(value, 3) for key, value in seconds.items()}


def _server_of(account: Account, identity: str | ScopeError, index: int) -> str:
    """Name an account's server: as it is configured, or after the account id."""
    return account.server or (f"account{index + 1}_glue" if isinstance(identity, ScopeError) else f"{identity}_glue")


@contextlib.contextmanager
def _reader(setup: Setup, *, apart: bool) -> Iterator[Reader]:
    if apart:
        from gluepot.collector.reading.process import ProcessReader  # noqa: PLC0415 - one of two, loaded when it is used

        reader: Reader = ProcessReader(setup)
    else:
        from gluepot.collector.reading.reader import ThreadReader  # noqa: PLC0415 - botocore is slow to load

        reader = ThreadReader(setup)
    try:
        yield reader
    finally:
        reader.close()


def _mask_sql(text: str, dialect: str) -> str:
    from gluepot.mask.sql import DIALECTS, mask_literals  # noqa: PLC0415 - sqlglot is slow to load

    return mask_literals(text, dialect if dialect in DIALECTS else "trino").text


__all__ = ["Collected", "Options", "collect", "folders"]
