"""The demo's second half: the catalog is collected, pushed, changed, and collected again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox import catalog
from gluepot_sandbox.catalog import tables
from gluepot_sandbox.demo import claims, extracts
from gluepot_sandbox.demo.extracts import short
from gluepot_sandbox.folder import shown

if TYPE_CHECKING:
    from gluepot_sandbox.demo.extracts import Run
    from gluepot_sandbox.demo.scene import Scene

_ENCODED: Final = 64
"""Characters of an encoded view that are shown: its SQL's first words, none of its literals."""

_SHOWN: Final = ("OBJECT_TYPE", "NAME", "DATA_TYPE", "CHANGE", "DESCRIPTION")
_EVENT: Final = ("EVENT_TYPE", "EVIDENCE", "BEFORE", "AFTER")


def tell(scene: Scene) -> None:
    """Collect the catalog, change it, collect the change."""
    _catalog(scene)
    _check(scene)
    _first(scene)
    _kept_back(scene)
    _change(scene)
    _second(scene)
    _status(scene)
    claims.where(scene)


def _catalog(scene: Scene) -> None:
    screen = scene.screen
    screen.step("A Glue catalog, made by real clients")
    with screen.checking():
        listed = tables.listed(scene.aws)
    screen.table(
        ("DATABASE", "TABLE", "KIND, AND WHO MADE IT"), [(*key, _kind(one)) for key, one in sorted(listed.items())]
    )
    claims.holds_planted(scene)


def _kind(table: dict[str, Any]) -> str:
    """Say what a table is, and which client made it."""
    parameters = table.get("Parameters", {})
    if "TargetTable" in table:
        return "resource link to movies_tv.titles: boto3"
    if table.get("TableType") == "VIRTUAL_VIEW":
        return "view, in Athena's encoding: boto3"
    if any(name.startswith("gluepot.") for name in parameters):
        return "Iceberg, from Cassandra: gluepot"
    if parameters.get("table_type") == "ICEBERG":
        return "Iceberg, a column retired: pyiceberg"
    if "connectionUrl" in parameters:
        return "JDBC, passwords in parameters: boto3"
    kind = "Parquet, partitioned" if table.get("PartitionKeys") else parameters.get("classification", "").upper()
    return f"{kind}: awswrangler"


def _check(scene: Scene) -> None:
    screen, config = scene.screen, scene.sandbox.config
    screen.step("The configuration, and a check: access, folder, landing, mark")
    scene.shell.run(f"cat {shown(config)}")
    before = sorted(scene.home.rglob("*"))
    done = scene.run("check", config)
    screen.claim("nothing is missing", done.code == 0, done.code)
    screen.claim("checking left nothing behind", sorted(scene.home.rglob("*")) == before)


def _run(scene: Scene) -> Run:
    """Collect, push, move the mark; gives the run."""
    scene.aws.forget()
    done = scene.run("run", scene.sandbox.config)
    made = extracts.runs(scene.home)[-1]
    claims.ran(scene, done, made)
    return made


def _first(scene: Scene) -> None:
    screen = scene.screen
    screen.step("The first run: collect, push, move the mark")
    made = _run(scene)
    screen.say()
    rows = made.rows("METADATA")
    screen.say(f"Of the {len(rows)} rows of METADATA those of one table, {len(_SHOWN)} columns of {len(rows[0])}:")
    one = f"/{tables.MEDIA}/titles"
    shown_rows = [row for row in rows if row["OBJECT_ID"].partition("#")[0].endswith(one)]
    screen.table(_SHOWN, [[row[name] for name in _SHOWN] for row in shown_rows], wide=_SHOWN[-1])
    claims.first(scene, made)


def _kept_back(scene: Scene) -> None:
    """Show what was masked and redacted."""
    screen = scene.screen
    screen.step("What was kept back")
    made = extracts.runs(scene.home)[-1]
    rows = {short(row["OBJECT_ID"]): row for row in made.rows("METADATA")}
    encoded = tables.listed(scene.aws)[tables.MEDIA, "popular_titles"]["ViewOriginalText"]
    screen.say(f"The view in Glue: base64, {len(encoded)} characters, two literals in it:")
    screen.lines(f"{encoded[:_ENCODED]}...")
    screen.say("The view in METADATA, column QUERY_CODE:")
    query = rows[f"{tables.MEDIA}/popular_titles"]["QUERY_CODE"]
    screen.lines(query)
    screen.say("The JDBC table's parameters in METADATA, column ATTRIBUTES:")
    parameters = json.loads(rows[f"{tables.OPERATIONS}/subscribers"]["ATTRIBUTES"])["Parameters"]
    screen.table(("PARAMETER", "VALUE"), sorted(parameters.items()))
    screen.look("***. Literals are replaced with mask = true, credentials always.")
    claims.kept_back(scene, query, parameters)


def _change(scene: Scene) -> None:
    """Let a working day pass over the catalog."""
    screen = scene.screen
    screen.step("The catalog changes")
    with screen.busy("awswrangler appends and creates, boto3 deletes"), catalog.doing("change", scene.aws) as finish:
        finish()
    screen.say(f"  + column  {tables.MEDIA}.titles.{tables.ADDED}", "green")
    screen.say(f"  + table   {tables.MEDIA}.titles_by_country", "green")
    screen.say(f"  - table   {tables.MEDIA}.titles_raw", "red")
    claims.changed(scene)


def _second(scene: Scene) -> None:
    screen = scene.screen
    screen.step("The second run: only the change")
    made = _run(scene)
    screen.say()
    screen.say("EVENTS, as the file holds them:")
    rows = [
        (row["EVENT_TYPE"], short(row["OBJECT_ID"]), *(row[name] for name in _EVENT[1:])) for row in made.rows("EVENTS")
    ]
    screen.table((_EVENT[0], "OBJECT", *_EVENT[1:]), rows)
    screen.look("EVIDENCE. What is missing from a listing may only be hidden, so Glue was asked.")
    claims.second(scene)


def _status(scene: Scene) -> None:
    screen = scene.screen
    screen.step("Where everything lies")
    done = scene.run("status", scene.sandbox.config)
    ends = [made.said["end"] for made in extracts.runs(scene.home)]
    screen.claim("both runs are told, from their manifests", done.code == 0 and all(end in done.text for end in ends))
