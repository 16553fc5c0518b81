"""The demo's steps, each: what happens, what to look at, and claims about it that are checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gluepot import config as configuration
from gluepot.demo import catalog, extracts, jobs, planted, setting
from gluepot.demo.extracts import of_type, rows_of, short
from gluepot.demo.folder import shown
from gluepot.hwm import EPOCH

if TYPE_CHECKING:
    from gluepot.config import Config
    from gluepot.demo.extracts import Row
    from gluepot.demo.jobs import Ran
    from gluepot.demo.screen import Screen
    from gluepot.emulator import Emulator

HEAD = 12
"""Rows of METADATA that are shown."""
_ENCODED = 64


@dataclass(frozen=True)
class Scene:
    """What every step needs: where it prints, its folder, the configuration and its file, the embedded AWS."""

    screen: Screen
    home: Path
    file: Path
    config: Config
    aws: Emulator

    @property
    def output(self) -> Path:
        """The configuration's output folder."""
        return Path(self.config.output_path)

    def command(self, name: str) -> str:
        """Write the command that does a job with this configuration."""
        return f"gluepot {name} -c {shown(self.file)}"


def opening(screen: Screen, home: Path, aws: Emulator) -> Scene:
    """Fill the catalog and write the configuration."""
    screen.say(f"AWS is embedded, at {aws.url}: nothing leaves this machine.")
    screen.say(f"All files stay in {shown(home)}.")
    screen.step("A Glue catalog, made by real clients")
    with screen.busy("awswrangler, pyiceberg and boto3 create tables from 120 invented titles"):
        catalog.create(aws)
    tables = catalog.listed(aws)
    screen.table(
        ("DATABASE", "TABLE", "KIND", "MADE BY"), [(*key, *_kind(table)) for key, table in sorted(tables.items())]
    )
    file = setting.write(home)
    screen.step("The configuration", f"cat {shown(file)}")
    screen.lines(file.read_text(encoding="utf-8"))
    return Scene(screen, home, file, configuration.load(file), aws)


def _kind(table: dict[str, Any]) -> tuple[str, str]:
    """Say what a table of the demo is, and which client made it."""
    parameters = table.get("Parameters", {})
    if "TargetTable" in table:
        return "link to another database's table", "boto3"
    if table.get("TableType") == "VIRTUAL_VIEW":
        return "view, in Athena's encoding", "boto3"
    if parameters.get("table_type") == "ICEBERG":
        return "Iceberg, its schema changed once", "pyiceberg"
    if "connectionUrl" in parameters:
        return "JDBC, its password in a parameter", "boto3"
    kind = "Parquet, partitioned" if table.get("PartitionKeys") else parameters.get("classification", "").upper()
    return kind, "awswrangler"


def first_run(scene: Scene) -> Ran:
    """Collect everything, push it, move the mark."""
    screen = scene.screen
    screen.step("The first run: collect, push, move the mark", scene.command("run"))
    with screen.busy("reading the catalog"):
        ran = jobs.run(scene.config)
    _summary(scene, ran)
    metadata = rows_of(scene.output, ran.manifest, "METADATA")
    _show_metadata(scene, metadata)
    linkages = rows_of(scene.output, ran.manifest, "LINKAGES")
    screen.say("LINKAGES: what stands on what")
    screen.table(
        ("LINK_TYPE", "SOURCE", "TARGET", "EVIDENCE"),
        [(row["LINK_TYPE"], short(row["SOURCE_ID"]), short(row["TARGET_ID"]), row["EVIDENCE"]) for row in linkages],
        wide="TARGET",
    )
    _check_first(scene, ran, metadata, linkages)
    return ran


def _summary(scene: Scene, ran: Ran) -> None:
    manifest = ran.manifest
    kind = "full snapshot" if manifest.full else f"changes since {manifest.start}"
    scene.screen.say(f"{kind}, up to {manifest.end} UTC, {manifest.seconds['wall']:.1f} s")
    scene.screen.table(("FILE", "ROWS", "BYTES"), [(entry.name, entry.rows, entry.bytes) for entry in manifest.files])


def _show_metadata(scene: Scene, metadata: list[Row]) -> None:
    screen = scene.screen
    screen.say(f"METADATA, the first {HEAD} of {len(metadata)} rows and 5 of their 19 columns")
    screen.table(
        ("OBJECT_TYPE", "NAME", "DATA_TYPE", "CHANGE", "DESCRIPTION"),
        [_cells(row) for row in metadata[:HEAD]],
        wide="DESCRIPTION",
    )
    counts = Counter(row["OBJECT_TYPE"] for row in metadata)
    screen.table(("OBJECT_TYPE", "ROWS"), sorted(counts.items()))


def _cells(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in ("OBJECT_TYPE", "NAME", "DATA_TYPE", "CHANGE", "DESCRIPTION"))


def _check_first(scene: Scene, ran: Ran, metadata: list[Row], linkages: list[Row]) -> None:
    """Compare the extract with what Glue answers to plain boto3."""
    screen, manifest = scene.screen, ran.manifest
    tables = catalog.listed(scene.aws)
    expected = {f"{database}/{name}" for database, name in tables}
    found = {short(row["OBJECT_ID"]) for row in of_type(metadata, "TABLE", "VIEW")}
    screen.claim(f"complete: {len(expected)} tables and views, as boto3 lists them", found == expected, found)
    columns = {f"{d}/{t}#{column['Name']}" for (d, t), table in tables.items() for column in _all_columns(table)}
    retired = {f"{catalog.MEDIA}/viewings#{catalog.RETIRED}"}
    found = {short(row["OBJECT_ID"]) for row in of_type(metadata, "COLUMN")}
    screen.claim(
        f"{len(columns) - 1} columns; Iceberg's retired '{catalog.RETIRED}', still in Glue, is not one",
        retired < columns and found == columns - retired,
        found ^ (columns - retired),
    )
    links = {(short(row["SOURCE_ID"]), short(row["TARGET_ID"])) for row in linkages}
    link = (f"{catalog.OPERATIONS}/titles", f"{catalog.MEDIA}/titles")
    screen.claim("the resource link names its target", link in links, links)
    screen.claim("the manifest says complete", manifest.complete and manifest.full, manifest.problems)


def _all_columns(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [*table.get("StorageDescriptor", {}).get("Columns", []), *table.get("PartitionKeys", [])]


def kept_back(scene: Scene, ran: Ran) -> None:
    """Show what was masked and redacted."""
    screen = scene.screen
    rows = {short(row["OBJECT_ID"]): row for row in rows_of(scene.output, ran.manifest, "METADATA")}
    screen.step("What was kept back")
    glue = catalog.listed(scene.aws)
    encoded = glue[catalog.MEDIA, "popular_titles"]["ViewOriginalText"]
    screen.say(f"The view in Glue, {len(encoded)} characters that hold its SQL and two literals:")
    screen.lines(f"{encoded[:_ENCODED]}...")
    screen.say("The view in METADATA, QUERY_CODE (mask = true):")
    query = rows[f"{catalog.MEDIA}/popular_titles"]["QUERY_CODE"]
    screen.lines(query)
    screen.say("The JDBC table's parameters (always, mask or not):")
    parameters = extracts.attributes(rows[f"{catalog.OPERATIONS}/subscribers"])["Parameters"]
    screen.table(("PARAMETER", "IN METADATA"), sorted(parameters.items()), wide="IN METADATA")
    screen.say("Redacted, by kind, as the manifest counts it:")
    screen.table(("KIND", "TIMES"), ran.manifest.redacted.items())
    masked = catalog.VIEW_SQL.format(country="***", viewer="***")
    screen.claim("the view's SQL is whole but for its two literals", query == masked, query)
    screen.claim("both passwords are gone", _no_passwords(parameters), sorted(parameters))


def _no_passwords(parameters: dict[str, str]) -> bool:
    return parameters["password"] == "***" and parameters["connectionUrl"].endswith("password=***")  # noqa: S105 - gone


def change(scene: Scene) -> None:
    """Let a working day pass over the catalog."""
    screen = scene.screen
    screen.step("The catalog changes")
    with screen.busy("awswrangler appends, creates and deletes"):
        catalog.change(scene.aws)
    screen.say(f"+ column {catalog.MEDIA}.titles.{catalog.ADDED}", "green")
    screen.say(f"+ table  {catalog.MEDIA}.titles_by_country", "green")
    screen.say(f"- table  {catalog.MEDIA}.titles_raw", "red")


def second_run(scene: Scene, first: Ran) -> Ran:
    """Collect again: only the change, and one proven deletion."""
    screen = scene.screen
    screen.step("The second run: only the change", scene.command("run"))
    scene.aws.forget()
    with screen.busy("reading the catalog"):
        ran = jobs.run(scene.config)
    proofs = [(call.table, call.error) for call in scene.aws.calls("GetTable", "glue")]
    _summary(scene, ran)
    metadata = rows_of(scene.output, ran.manifest, "METADATA")
    screen.say("METADATA: what changed, whole (the table is the unit), and nothing else")
    screen.table(
        ("OBJECT_TYPE", "NAME", "DATA_TYPE", "CHANGE", "DESCRIPTION"), map(_cells, metadata), wide="DESCRIPTION"
    )
    events = rows_of(scene.output, ran.manifest, "EVENTS")
    screen.say("EVENTS: what happened")
    screen.table(
        ("EVENT_TYPE", "OBJECT", "EVIDENCE", "BEFORE", "AFTER"),
        [(row["EVENT_TYPE"], short(row["OBJECT_ID"]), row["EVIDENCE"], row["BEFORE"], row["AFTER"]) for row in events],
    )
    _check_second(scene, first, ran, metadata, events)
    deleted = [(short(row["OBJECT_ID"]), row["EVIDENCE"]) for row in events if row["EVENT_TYPE"] == "DELETED"]
    gone = f"{catalog.MEDIA}/titles_raw"
    screen.claim("one table is DELETED, and that is proven", deleted == [(gone, "GetTable")], deleted)
    screen.claim(
        "the proof: GetTable answered EntityNotFound", proofs == [("titles_raw", "EntityNotFoundException")], proofs
    )
    return ran


def _check_second(scene: Scene, first: Ran, ran: Ran, metadata: list[Row], events: list[Row]) -> None:
    screen = scene.screen
    changed = {short(row["OBJECT_ID"]): row["CHANGE"] for row in of_type(metadata, "TABLE", "VIEW", "DATABASE")}
    expected = {f"{catalog.MEDIA}/titles": "UPDATED", f"{catalog.MEDIA}/titles_by_country": "CREATED"}
    screen.claim("METADATA holds the changed and the new table only", changed == expected, changed)
    added = [short(row["OBJECT_ID"]) for row in events if row["EVENT_TYPE"] == "COLUMN_ADDED"]
    screen.claim("one column was added", added == [f"{catalog.MEDIA}/titles#{catalog.ADDED}"], added)
    kinds = sorted(row["EVENT_TYPE"] for row in events)
    screen.claim("nothing else happened", kinds == ["COLUMN_ADDED", "CREATED", "DELETED", "UPDATED"], kinds)
    marks = (first.manifest.start, first.manifest.end, ran.manifest.start)
    screen.claim("it began where the first run ended", marks == (EPOCH, ran.manifest.start, first.manifest.end), marks)


def where(scene: Scene, first: Ran, second: Ran) -> None:
    """Show where everything lies: folder, landing, marks."""
    screen = scene.screen
    screen.step("Where everything lies")
    screen.say(f"In {shown(scene.home)}:")
    files = sorted(path for path in scene.home.rglob("*") if path.is_file())
    screen.table(("FILE", "BYTES"), [(path.relative_to(scene.home), path.stat().st_size) for path in files])
    landing = jobs.landing(scene.config)
    arrived = landing.list()
    screen.say(f"At {landing.name}, the manifest of a run always last:")
    screen.table(("OBJECT", "BYTES"), [(one.key, one.bytes) for one in arrived])
    mark = (Path(scene.config.hwm) / "glue_hwm.txt").read_text(encoding="utf-8").strip()
    screen.say(f"The high-water mark: {mark}")
    screen.say("")
    screen.claim("the mark stands at the second run's end", mark == second.manifest.end, mark)
    sent = {file.name for ran in (first, second) for run in ran.pushed.runs for file in run.files}
    same = all(landing.get(one.key) == extracts.find(scene.output, one.key).read_bytes() for one in arrived)
    screen.claim("the landing holds both runs, byte for byte", same and sent == {one.key for one in arrived}, sent)
    held = planted.holders(scene.home)
    screen.claim(f"no secret and no literal is in any of the {len(files)} files, nor printed here", not held, held)
