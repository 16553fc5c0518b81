"""What the demo claims, each compared with what Glue, the landing and the files say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from gluepot.collector.extract.manifest import manifest_name, stamp
from gluepot.collector.hwm import EPOCH
from gluepot.collector.settings import marks_of
from gluepot_sandbox.demo import catalog, extracts, planted
from gluepot_sandbox.demo.extracts import of_type, short

if TYPE_CHECKING:
    from gluepot.collector.extract.manifest import Manifest
    from gluepot.collector.run import Ran
    from gluepot.landing import Landing
    from gluepot_sandbox.demo.extracts import Row
    from gluepot_sandbox.demo.scene import Scene


def ran(scene: Scene, done: Ran, manifest: Manifest) -> None:
    """Check a run: complete, at the landing with the manifest last, its mark moved."""
    screen = scene.screen
    screen.claim("the run is complete", done.exit_code == 0 and manifest.complete, manifest.problems)
    puts = [Path(call.path).name for call in scene.aws.calls("PUT", "s3") if stamp(manifest.end) in call.path]
    expected = sorted(entry.name for entry in manifest.files)
    last = manifest_name(manifest.end)
    screen.claim("its files are at the landing, the manifest last", _manifest_last(puts, expected, last), puts)
    mark = marks_of(scene.config).read(manifest.name)
    screen.claim("then its mark was moved", mark == manifest.end, mark)
    screen.say("")


def _manifest_last(puts: list[str], expected: list[str], last: str) -> bool:
    return sorted(puts[:-1]) == expected and puts[-1:] == [last]


def first(scene: Scene, manifest: Manifest, metadata: list[Row], linkages: list[Row]) -> None:
    """Compare the first extract with what Glue answers to plain boto3."""
    screen = scene.screen
    tables = catalog.listed(scene.aws)
    expected = {f"{database}/{name}" for database, name in tables}
    found = {short(row["OBJECT_ID"]) for row in of_type(metadata, "TABLE", "VIEW")}
    claim = f"{len(expected)} tables and views, the very ones that boto3 lists"
    screen.claim(claim, manifest.full and found == expected, found ^ expected)
    columns = {f"{d}/{t}#{column['Name']}" for (d, t), table in tables.items() for column in _all_columns(table)}
    retired = {f"{catalog.MEDIA}/viewings#{catalog.RETIRED}"}
    found = {short(row["OBJECT_ID"]) for row in of_type(metadata, "COLUMN")}
    claim = f"{len(found)} columns; Iceberg's retired '{catalog.RETIRED}', still in Glue, is none"
    screen.claim(claim, retired < columns and found == columns - retired, found ^ (columns - retired))
    links = {(short(row["SOURCE_ID"]), short(row["TARGET_ID"])) for row in linkages}
    link = (f"{catalog.OPERATIONS}/titles", f"{catalog.MEDIA}/titles")
    screen.claim("the resource link names its target", link in links, links)


def _all_columns(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [*table.get("StorageDescriptor", {}).get("Columns", []), *table.get("PartitionKeys", [])]


def kept_back(scene: Scene, query: str, parameters: dict[str, str]) -> None:
    """Check that the view and the parameters lost what they had to lose, and nothing else."""
    missing = planted.missing(msgspec.json.encode(list(catalog.listed(scene.aws).values())))
    scene.screen.claim(f"Glue does hold the {len(planted.PLANTED)} planted texts", not missing, len(missing))
    masked = catalog.VIEW_SQL.format(country="***", viewer="***")
    scene.screen.claim("the view's SQL is whole but for its two literals", query == masked, query)
    gone = {"password": "***", "connectionUrl": catalog.jdbc_url("***")}
    found = {key: parameters.get(key) for key in gone}
    scene.screen.claim("the parameters are whole but for two passwords", found == gone, sorted(parameters))


def second(scene: Scene, before: Manifest, manifest: Manifest, metadata: list[Row], events: list[Row]) -> None:
    """Check that the second extract holds the change and nothing else, and the deletion its proof."""
    screen = scene.screen
    changed = {short(row["OBJECT_ID"]): row["CHANGE"] for row in of_type(metadata, "TABLE", "VIEW", "DATABASE")}
    titles, new, gone = (f"{catalog.MEDIA}/{name}" for name in ("titles", "titles_by_country", "titles_raw"))
    screen.claim("the changed table, the new table, no other", changed == {titles: "UPDATED", new: "CREATED"}, changed)
    column = f"{titles}#{catalog.ADDED}"
    happened = sorted((row["EVENT_TYPE"], short(row["OBJECT_ID"])) for row in events)
    expected = [("COLUMN_ADDED", column), ("CREATED", new), ("DELETED", gone), ("UPDATED", titles)]
    screen.claim("four events: updated, column added, created, deleted", happened == expected, happened)
    evidence = [row["EVIDENCE"] for row in events if row["EVENT_TYPE"] == "DELETED"]
    proofs = [(call.table, call.error) for call in scene.aws.calls("GetTable", "glue")]
    proven = evidence == ["GetTable"] and proofs == [("titles_raw", "EntityNotFoundException")]
    screen.claim("the deletion is proven: GetTable answered EntityNotFound", proven, (evidence, proofs))
    marks = (before.start, before.end) == (EPOCH, manifest.start)
    screen.claim("it began at the mark where the first run ended", marks, (before.end, manifest.start))


def where(scene: Scene, landing: Landing, runs: tuple[Manifest, ...]) -> None:
    """Check what lies in the folder and at the landing, and that nothing planted is in any of it."""
    screen = scene.screen
    arrived = {one.key for one in landing.list()}
    named = {entry.name for run in runs for entry in run.files} | {manifest_name(run.end) for run in runs}
    same = all(landing.get(name) == extracts.find(scene.output, name).read_bytes() for name in arrived & named)
    claim = "the landing holds both runs and nothing else, byte for byte"
    screen.claim(claim, same and arrived == named, arrived ^ named)
    held = planted.holders(scene.home)
    screen.claim("no planted password or literal is in any of these files, encoded or not", not held, held)
    printed = planted.holds_planted(screen.text().encode())
    screen.claim("nor was one printed here", not printed)
