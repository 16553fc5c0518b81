"""The demo's first half: a keyspace of a real Cassandra becomes Iceberg tables, proven equal, and is queried."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.catalog import tables
from gluepot_sandbox.configuration import DATABASE
from gluepot_sandbox.demo import extracts
from gluepot_sandbox.folder import shown

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot_sandbox.cassandra import Node
    from gluepot_sandbox.demo.scene import Scene

SQL: Final = (
    "SELECT type, count(*) AS titles, min(release_year) AS since FROM movies_and_tv GROUP BY type ORDER BY titles"
)
LOADED: Final = {"movies_and_tv", "viewings", "viewings__static"}
"""The tables that the keyspace becomes."""


def tell(scene: Scene, node: Node, plan: Path) -> None:
    """Load the keyspace, prove it, query it."""
    titles = _sample(scene, node, plan)
    _plan(scene, plan)
    _load(scene, plan, titles)
    _proof(scene, plan)
    _query(scene, plan, titles)
    _kept_secret(scene, node)


def _sample(scene: Scene, node: Node, plan: Path) -> list[dict[str, Any]]:
    """Write the sample; gives the titles as Cassandra has them."""
    screen = scene.screen
    screen.step("A keyspace of Cassandra, with the walkthrough's sample in it")
    done = scene.run("source sample", plan)
    with screen.checking():
        titles, viewings = _source(node)
    found = (done.code, len(titles), viewings)
    screen.claim("Cassandra itself counts 120 titles and 60 viewings", found == (0, 120, 60), found)
    return titles


def _source(node: Node) -> tuple[list[dict[str, Any]], int]:
    """Ask Cassandra with its driver, without gluepot."""
    session = node.connect()
    try:
        titles = [one._asdict() for one in session.execute("SELECT * FROM astraglue_ks.movies_and_tv")]
        return titles, session.execute("SELECT count(*) FROM astraglue_ks.viewings").one()[0]
    finally:
        session.cluster.shutdown()


def _plan(scene: Scene, plan: Path) -> None:
    screen = scene.screen
    screen.step("The plan: what becomes of it, before anything is touched")
    scene.shell.run(f"cat {shown(plan)}")
    done = scene.run("load plan", plan)
    screen.look("TYPE. A uuid is text, since Athena reads no uuid; a varint is decimal(38, 0); nothing is guessed.")
    screen.claim("the plan has nothing to mend", done.code == 0 and "To mend" not in done.text, done.code)
    with screen.checking():
        made = [DATABASE in _databases(scene), sorted(extracts.objects(scene.aws, tables.LOADED))]
    screen.claim("planning made no database in Glue and no object in S3", made == [False, []], made)


def _databases(scene: Scene) -> set[str]:
    glue = scene.aws.client("glue", region=tables.REGION)
    return {one["Name"] for one in glue.get_databases()["DatabaseList"]}


def _load(scene: Scene, plan: Path, titles: list[dict[str, Any]]) -> None:
    screen = scene.screen
    screen.step("The load: read, stage, one snapshot for each table")
    done = scene.run("load run", plan)
    with screen.checking():
        made = {name for (database, name), one in tables.listed(scene.aws).items() if _is_committed(database, one)}
    screen.claim("every table is committed: Glue names its Iceberg metadata", (done.code, made) == (0, LOADED), made)
    with screen.busy("pyiceberg reads what was loaded"):
        loaded = tables.rows(scene.aws, DATABASE, "movies_and_tv")
    equal = _by_key(loaded) == _by_key(titles)
    screen.claim("the 120 titles are there, each value as Cassandra has it: pyiceberg read them", equal, len(loaded))


def _is_committed(database: str, table: dict[str, Any]) -> bool:
    return database == DATABASE and bool(table.get("Parameters", {}).get("metadata_location"))


def _by_key(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["show_id"]: row for row in rows}


def _proof(scene: Scene, plan: Path) -> None:
    screen = scene.screen
    screen.step("The proof: lake and source, range by range")
    done = scene.run("load verify --rescan", plan)
    equal = {line.partition(":")[0] for line in done.text.splitlines() if ": equal," in line}
    screen.claim("every table equals its source", (done.code, equal) == (0, LOADED), (done.code, equal))


def _query(scene: Scene, plan: Path, titles: list[dict[str, Any]]) -> None:
    screen = scene.screen
    screen.step("The tables, queried")
    done = scene.run(f'query "{SQL}"', plan)
    counted = Counter(row["type"] for row in titles)
    rows = [line for line in done.text.splitlines() if any(kind in line for kind in counted)]
    right = all(any(kind in row and str(count) in row.split() for row in rows) for kind, count in counted.items())
    screen.claim("the query finds every title", done.code == 0 and len(rows) == len(counted) and right, rows)


def _kept_secret(scene: Scene, node: Node) -> None:
    """Look for the password wherever the load could have left it."""
    with scene.screen.checking():
        bodies = list(extracts.objects(scene.aws, tables.LOADED).values())
        bodies += [path.read_bytes() for path in scene.home.rglob("*") if path.is_file()]
        bodies.append(json.dumps(list(tables.listed(scene.aws).values()), default=str).encode())
    held = [body for body in bodies if node.password.encode() in body]
    scene.screen.claim("Cassandra's password is in no file, no object and no catalog entry", not held, len(held))
