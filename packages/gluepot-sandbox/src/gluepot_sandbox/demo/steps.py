"""The demo's other steps: the catalog, the configuration, what was kept back, the change, where everything lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluepot import config as configuration
from gluepot.collector.check import check
from gluepot.collector.settings import landing_of, marks_of
from gluepot_sandbox.demo import catalog, claims, extracts, setting
from gluepot_sandbox.demo.extracts import rows_of, short
from gluepot_sandbox.demo.folder import shown
from gluepot_sandbox.demo.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.collector.extract.manifest import Manifest
    from gluepot_sandbox.aws import Emulator
    from gluepot_sandbox.demo.screen import Screen

_ENCODED = 64
"""Characters of an encoded view that are shown: its SQL's first words, none of its literals."""


def opening(screen: Screen, home: Path, aws: Emulator) -> Scene:
    """Fill the catalog and write the configuration."""
    screen.step("A Glue catalog, made by real clients")
    with screen.busy("awswrangler, pyiceberg and boto3 make tables of 120 invented titles"):
        catalog.create(aws)
    tables = sorted(catalog.listed(aws).items())
    screen.table(("DATABASE", "TABLE", "KIND", "MADE BY"), [(*key, *_kind(table)) for key, table in tables])
    file = setting.write(home)
    screen.step("The configuration", f"cat {shown(file)}")
    screen.lines(file.read_text(encoding="utf-8"))
    return Scene(screen, home, file, configuration.load(file), aws)


def checked(scene: Scene) -> None:
    """Look whether a run could succeed."""
    screen = scene.screen
    screen.step("Check first: access, folder, landing, mark", scene.command("check"))
    before = sorted(scene.home.rglob("*"))
    report = check(scene.config)
    access = [(line.what, line.status, line.detail) for line in report.access]
    places = [(line.what, line.status, line.detail) for line in report.places]
    screen.say("The account, then this machine and the landing:")
    screen.table(("WHAT", "STATUS", "DETAIL"), access + places, wide="DETAIL")
    screen.look("STATUS. Where a permission is missing, its IAM action is named.")
    screen.claim("nothing is missing", report.exit_code == 0, report.exit_code)
    screen.claim("checking left nothing behind", sorted(scene.home.rglob("*")) == before)


def _kind(table: dict[str, Any]) -> tuple[str, str]:
    """Say what a table of the demo is, and which client made it."""
    parameters = table.get("Parameters", {})
    if "TargetTable" in table:
        return "resource link to movies_tv.titles", "boto3"
    if table.get("TableType") == "VIRTUAL_VIEW":
        return "view, in Athena's encoding", "boto3"
    if any(name.startswith("gluepot.") for name in parameters):
        return "Iceberg, from Cassandra", "gluepot"
    if parameters.get("table_type") == "ICEBERG":
        return "Iceberg, a column retired", "pyiceberg"
    if "connectionUrl" in parameters:
        return "JDBC, passwords in parameters", "boto3"
    kind = "Parquet, partitioned" if table.get("PartitionKeys") else parameters.get("classification", "").upper()
    return kind, "awswrangler"


def kept_back(scene: Scene, manifest: Manifest) -> None:
    """Show what was masked and redacted."""
    screen = scene.screen
    screen.step("What was kept back")
    rows = {short(row["OBJECT_ID"]): row for row in rows_of(scene.output, manifest, "METADATA")}
    encoded = catalog.listed(scene.aws)[catalog.MEDIA, "popular_titles"]["ViewOriginalText"]
    screen.say(f"The view in Glue: base64, {len(encoded)} characters, two literals in it")
    screen.lines(f"{encoded[:_ENCODED]}...")
    screen.say("The view in METADATA, column QUERY_CODE:")
    query = rows[f"{catalog.MEDIA}/popular_titles"]["QUERY_CODE"]
    screen.lines(query)
    screen.say("The JDBC table's parameters in METADATA, column ATTRIBUTES:")
    parameters = extracts.attributes(rows[f"{catalog.OPERATIONS}/subscribers"])["Parameters"]
    screen.table(("PARAMETER", "VALUE"), sorted(parameters.items()))
    counted = ", ".join(f"{count} of kind '{kind}'" for kind, count in manifest.redacted.items())
    screen.say(f"The manifest counts what was redacted: {counted}.")
    screen.look("***. Literals are replaced with mask = true, credentials always.")
    claims.kept_back(scene, query, parameters)


def change(scene: Scene) -> None:
    """Let a working day pass over the catalog."""
    screen = scene.screen
    screen.step("The catalog changes")
    with screen.busy("awswrangler appends and creates, boto3 deletes"):
        catalog.change(scene.aws)
    screen.say(f"  + column  {catalog.MEDIA}.titles.{catalog.ADDED}", "green")
    screen.say(f"  + table   {catalog.MEDIA}.titles_by_country", "green")
    screen.say(f"  - table   {catalog.MEDIA}.titles_raw", "red")


def where(scene: Scene, runs: tuple[Manifest, ...]) -> None:
    """Show where everything lies: folder, landing, mark."""
    screen = scene.screen
    screen.step("Where everything lies")
    files = sorted(path for path in scene.home.rglob("*") if path.is_file() and not path.name.startswith("."))
    screen.say(f"{shown(scene.home)}, a run's files moved to pushed/ once they had arrived")
    screen.table(("FILE", "BYTES"), [(path.relative_to(scene.home), path.stat().st_size) for path in files])
    if scene.config.landing is None:
        raise AssertionError("the demo's configuration names a landing")
    landing = landing_of(scene.config.landing)
    screen.say(landing.name)
    screen.table(("OBJECT", "BYTES"), [(one.key, one.bytes) for one in landing.list()])
    screen.say(f"High-water mark 'glue': {marks_of(scene.config).read('glue')}, in {scene.config.hwm}")
    screen.say("")
    claims.where(scene, landing, runs)


def onward(scene: Scene) -> None:
    """Name the commands to type next: those that need no AWS, then those for one's own."""
    screen = scene.screen
    screen.step("What to type next")
    screen.say("The embedded AWS ends with this demo; these read what it left:")
    for command in (scene.command("status"), scene.command("hwm show"), scene.command("access policy")):
        screen.command(command)
    screen.say("")
    screen.say("For your own catalog, with the AWS access that you have:")
    for command in ("gluepot init", "gluepot check -c gluepot.toml", "gluepot run -c gluepot.toml"):
        screen.command(command)
    screen.say("")
    screen.say("For your own keyspace, of Cassandra or Astra:")
    for command in ("gluepot load init", "gluepot load plan -c plan.toml --write", "gluepot load run -c plan.toml"):
        screen.command(command)
    screen.say("")
    screen.say("With a configuration file of KADA's collector, as it is:")
    screen.command("gluepot collect -c kada_glue_extractor_config.json")
