"""What the demo claims, each compared with what Glue, the landing and the files say."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

import msgspec

from gluepot_sandbox.catalog import planted, tables
from gluepot_sandbox.demo import extracts
from gluepot_sandbox.demo.extracts import of_type, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot_sandbox.demo.extracts import Run
    from gluepot_sandbox.demo.scene import Scene
    from gluepot_sandbox.demo.shell import Ended

EPOCH: Final = "1970-01-01 00:00:00"

P = ParamSpec("P")


def _checking(claims: Callable[Concatenate[Scene, P], None]) -> Callable[Concatenate[Scene, P], None]:
    """Turn a spinner while claims are checked."""

    @functools.wraps(claims)
    def checked(scene: Scene, /, *args: P.args, **options: P.kwargs) -> None:
        with scene.screen.checking():
            claims(scene, *args, **options)

    return checked


@_checking
def holds_planted(scene: Scene) -> None:
    """Check that what must be kept back is there to be kept back."""
    missing = planted.missing(msgspec.json.encode(list(tables.listed(scene.aws).values())))
    count = len(planted.PLANTED)
    scene.screen.claim(f"Glue does hold {count} planted texts: two passwords, two literals", not missing, len(missing))


@_checking
def ran(scene: Scene, done: Ended, made: Run) -> None:
    """Check a run: complete, at the landing with the manifest last, its mark moved."""
    screen, said = scene.screen, made.said
    complete = done.code == 0 and said["complete"] and not said["problems"]
    screen.claim("the run is complete, and says so", complete, said["problems"])
    screen.claim("each file has the bytes that the manifest says", not made.altered(), made.altered())
    stamp = made.manifest.removeprefix("MANIFEST_").partition(".")[0]
    puts = [Path(call.path).name for call in scene.aws.calls("PUT", "s3") if stamp in call.path]
    sent = [*sorted(puts[:-1]), *puts[-1:]]
    screen.claim("its files are at the landing, the manifest last", sent == made.names(), puts)
    mark = extracts.mark(scene.home)
    screen.claim("then its mark was moved", mark == said["end"], mark)


@_checking
def first(scene: Scene, made: Run) -> None:
    """Compare the first extract with what Glue answers to plain boto3."""
    screen, metadata = scene.screen, made.rows("METADATA")
    listed = tables.listed(scene.aws)
    expected = {f"{database}/{name}" for database, name in listed}
    found = {short(row["OBJECT_ID"]) for row in of_type(metadata, "TABLE", "VIEW")}
    claim = f"{len(expected)} tables and views, the very ones that boto3 lists"
    screen.claim(claim, made.said["full"] and found == expected, found ^ expected)
    columns = {f"{d}/{t}#{column['Name']}" for (d, t), table in listed.items() for column in _all_columns(table)}
    retired = {f"{tables.MEDIA}/viewings#{tables.RETIRED}"}
    found = {short(row["OBJECT_ID"]) for row in of_type(metadata, "COLUMN")}
    claim = f"{len(found)} columns; Iceberg's retired '{tables.RETIRED}', still in Glue, is none"
    screen.claim(claim, retired < columns and found == columns - retired, found ^ (columns - retired))
    links = {(short(row["SOURCE_ID"]), short(row["TARGET_ID"])) for row in made.rows("LINKAGES")}
    link = (f"{tables.OPERATIONS}/titles", f"{tables.MEDIA}/titles")
    screen.claim("LINKAGES has the resource link with its target", link in links, links)


def _all_columns(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [*table.get("StorageDescriptor", {}).get("Columns", []), *table.get("PartitionKeys", [])]


def kept_back(scene: Scene, query: str, parameters: dict[str, str]) -> None:
    """Check that the view and the parameters lost what they had to lose, and nothing else."""
    masked = tables.VIEW_SQL.format(country="***", viewer="***")
    scene.screen.claim("the view's SQL is whole but for its two literals", query == masked, query)
    gone = {"password": "***", "connectionUrl": tables.jdbc_url("***")}
    found = {key: parameters.get(key) for key in gone}
    scene.screen.claim("the parameters are whole but for two passwords", found == gone, sorted(parameters))


@_checking
def changed(scene: Scene) -> None:
    """Check with boto3 that the catalog did change."""
    listed = tables.listed(scene.aws)
    columns = {column["Name"] for column in _all_columns(listed[tables.MEDIA, "titles"])}
    names = {name for database, name in listed if database == tables.MEDIA}
    right = tables.ADDED in columns and "titles_by_country" in names and "titles_raw" not in names
    scene.screen.claim("that is what boto3 lists now", right, names)


@_checking
def second(scene: Scene) -> None:
    """Check that the second extract holds the change and nothing else, and the deletion its proof."""
    screen = scene.screen
    before, made = extracts.runs(scene.home)
    events = made.rows("EVENTS")
    rows = of_type(made.rows("METADATA"), "TABLE", "VIEW", "DATABASE")
    changes = {short(row["OBJECT_ID"]): row["CHANGE"] for row in rows}
    titles, new, gone = (f"{tables.MEDIA}/{name}" for name in ("titles", "titles_by_country", "titles_raw"))
    right = changes == {titles: "UPDATED", new: "CREATED"}
    screen.claim("METADATA has the changed table, the new table, no other", right, changes)
    column = f"{titles}#{tables.ADDED}"
    happened = sorted((row["EVENT_TYPE"], short(row["OBJECT_ID"])) for row in events)
    expected = [("COLUMN_ADDED", column), ("CREATED", new), ("DELETED", gone), ("UPDATED", titles)]
    screen.claim("four events: updated, column added, created, deleted", happened == expected, happened)
    evidence = [row["EVIDENCE"] for row in events if row["EVENT_TYPE"] == "DELETED"]
    proofs = [(call.table, call.error) for call in scene.aws.calls("GetTable", "glue")]
    proven = evidence == ["GetTable"] and proofs == [("titles_raw", "EntityNotFoundException")]
    screen.claim("the deletion is proven: GetTable answered EntityNotFound", proven, (evidence, proofs))
    marks = (before.said["start"], before.said["end"]) == (EPOCH, made.said["start"])
    screen.claim("it began at the mark where the first run ended", marks, (before.said["end"], made.said["start"]))


@_checking
def where(scene: Scene) -> None:
    """Check what lies in the folder and at the landing, and that nothing planted is in any of it."""
    screen = scene.screen
    arrived = extracts.arrived(scene.aws)
    runs = extracts.runs(scene.home)
    named = {name: made.folder / name for made in runs for name in made.names()}
    same = {name: path.read_bytes() for name, path in named.items()} == arrived
    screen.claim("the landing holds both runs and nothing else, byte for byte", same, arrived.keys() ^ named.keys())
    held = planted.holders(scene.home)
    screen.claim("no planted password or literal is in any of these files, encoded or not", not held, held)
    printed = planted.holds_planted(screen.text().encode())
    screen.claim("nor was one printed here", not printed)
