"""The demo's two runs: what they wrote, as tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gluepot.collector.extract.k import COLUMNS
from gluepot.collector.run import run
from gluepot_sandbox.demo import catalog, claims
from gluepot_sandbox.demo.extracts import rows_of, short

if TYPE_CHECKING:
    from gluepot.collector.extract.manifest import Manifest
    from gluepot_sandbox.demo.extracts import Row
    from gluepot_sandbox.demo.scene import Scene

_SHOWN = ("OBJECT_TYPE", "NAME", "DATA_TYPE", "CHANGE", "DESCRIPTION")


def first(scene: Scene) -> Manifest:
    """Collect everything, push it, move the mark."""
    screen = scene.screen
    screen.step("The first run: collect, push, move the mark", scene.command("run"))
    manifest = _run(scene)
    metadata = rows_of(scene.output, manifest, "METADATA")
    counts = Counter(row["OBJECT_TYPE"] for row in metadata)
    screen.say("METADATA: one row for each database, table, view and column")
    screen.table(("OBJECT_TYPE", "ROWS"), sorted(counts.items()))
    titles = [row for row in metadata if f"{row['OBJECT_ID']}#".partition(f"/{catalog.MEDIA}/titles#")[1]]
    screen.say(f"The {len(titles)} rows of one table, and {len(_SHOWN)} of their {len(COLUMNS['METADATA'])} columns:")
    _show(scene, titles)
    linkages = rows_of(scene.output, manifest, "LINKAGES")
    screen.say("LINKAGES: what stands on what")
    screen.table(
        ("LINK_TYPE", "SOURCE", "TARGET"),
        [(row["LINK_TYPE"], short(row["SOURCE_ID"]), short(row["TARGET_ID"])) for row in linkages],
        wide="TARGET",
    )
    screen.look("types and comments as Glue has them, partition keys after the columns.")
    claims.first(scene, manifest, metadata, linkages)
    return manifest


def second(scene: Scene, before: Manifest) -> Manifest:
    """Collect again: only the change, and one proven deletion."""
    screen = scene.screen
    screen.step("The second run: only the change", scene.command("run"))
    manifest = _run(scene)
    metadata = rows_of(scene.output, manifest, "METADATA")
    screen.say("METADATA: the tables that changed, each whole, and nothing else")
    _show(scene, metadata)
    events = rows_of(scene.output, manifest, "EVENTS")
    screen.say("EVENTS: what happened")
    screen.table(
        ("EVENT_TYPE", "OBJECT", "EVIDENCE", "BEFORE", "AFTER"),
        [(row["EVENT_TYPE"], short(row["OBJECT_ID"]), row["EVIDENCE"], row["BEFORE"], row["AFTER"]) for row in events],
    )
    screen.look("EVIDENCE. What is missing from a listing may only be hidden, so Glue was asked.")
    claims.second(scene, before, manifest, metadata, events)
    return manifest


def _run(scene: Scene) -> Manifest:
    """Do what `gluepot run` does, and say what it wrote."""
    scene.aws.forget()
    with scene.screen.busy("Reading the catalog"):
        done = run(scene.config)
    _, manifest = done.collected.manifests[0]
    kind = "Full snapshot" if manifest.full else f"Changes since {manifest.start}"
    scene.screen.say(f"{kind}, up to {manifest.end} UTC, in {manifest.seconds['wall']:.1f} s:")
    rows = [(entry.name, entry.rows, entry.bytes) for entry in manifest.files]
    scene.screen.table(("FILE", "ROWS", "BYTES"), rows)
    claims.ran(scene, done, manifest)
    return manifest


def _show(scene: Scene, rows: list[Row]) -> None:
    scene.screen.table(_SHOWN, [[row[name] for name in _SHOWN] for row in rows], wide=_SHOWN[-1])
