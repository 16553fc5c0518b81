"""Write docs/reference from the code: `make docs`. tests/test_docs.py holds that what is written is what is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import msgspec
import typer
from tools import writers

from gluepot.cli.app import app
from gluepot.collector.asked import Asked
from gluepot.collector.extract import manifest as source
from gluepot.collector.extract.k import COLUMNS
from gluepot.config import Globs, schema
from gluepot.crawler.readfile import schema as crawler_schema
from gluepot.loader.plan.readfile import schema as plan_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

MADE = "<!-- written by `make docs`; change the code, not this page -->"

MEANINGS: dict[str, dict[str, str]] = {
    "METADATA": {
        "OBJECT_TYPE": "DATABASE, TABLE, VIEW or COLUMN.",
        "OBJECT_ID": "The ARN, with `#COLUMN` behind it for columns; each part percent-encoded for `/`, `#`, `%` and "
        "control characters. Databases: `...:database/[CATALOG/]DB`; tables and views: `...:table/[CATALOG/]DB/TABLE`.",
        "TOOL_OBJECT_TYPE": "DATABASE, RESOURCE_LINK or LINK_TARGET; of tables and views Glue's TableType; COLUMN or "
        "PARTITION_KEY.",
        "NAME": "The name as Glue has it.",
        "DESCRIPTION": "Glue's Description; without one the parameter `comment` (not Trino's markers), or the comment "
        "in a view's text. A column's comment; where Glue has none, the one that stands elsewhere in the record.",
        "URL": "Empty.",
        "PATH": "`server.region.database.table.column`, a `.` inside a part replaced by `_`. For people, not an "
        "identity: `a.b` and `a_b` have the same, and so have objects that differ only in the account that owns them "
        "or in their nested catalog. OBJECT_ID is one per object.",
        "QUERY_CODE": "A view's SQL, decoded.",
        "CREATED_AT": "Empty, as K asks; the time of creation is in EVENTS and ATTRIBUTES.",
        "UPDATED_AT": "When Glue last changed the table; empty for databases, of which Glue tells no such time.",
        "PARENT_ID": "OBJECT_ID of the database or the table; empty for databases.",
        "DATA_TYPE": "Columns: Glue's own type string, untouched. Of a column that Glue does not list, its type in the "
        "spelling that it would have there; see [writers](writers.md).",
        "ORDINAL_POSITION": "Columns: counted from 1, partition keys after the columns.",
        "IS_PARTITION_KEY": "Columns: Y or N.",
        "OWNER": "Tables and views: Glue's Owner.",
        "LOCATION": "Where the data lies: Glue's Location; where that is missing or made up by Spark (it ends in "
        "`-__PLACEHOLDER__`), the SerDe's `path`, or the place of Iceberg's metadata.",
        "FORMAT": "Tables: the data's format, as far as the record tells.",
        "CHANGE": "CREATED, UPDATED or UNCHANGED since the start mark.",
        "ATTRIBUTES": "JSON with everything else that the API returned. Of columns, too: `EngineType`, the type in the "
        "engine's own words, and `ReadFrom`, the member of the record in which they stand, where that is not the list "
        "of columns, or says other than the list.",
    },
    "LINKAGES": {
        "LINK_TYPE": "RESOURCE_LINK (a link to its target), STORED_AT (a table to its S3 location), VIEW_OF (a view to "
        "what its ViewDefinition names).",
        "SOURCE_TYPE": "Type of the source: DATABASE, TABLE or VIEW.",
        "SOURCE_ID": "OBJECT_ID of the source.",
        "TARGET_TYPE": "Type of the target: DATABASE, TABLE or S3.",
        "TARGET_ID": "OBJECT_ID of the target, or an s3:// URL.",
        "EVIDENCE": "The member of Glue's record that says so.",
        "CONFIDENCE": "1 for what the record itself says.",
        "UPDATED_AT": "When Glue last changed the source.",
        "DETAIL": "JSON: for links catalog id, region, database and table of the target.",
    },
    "EVENTS": {
        "EVENT_AT": "When it happened, as far as Glue tells; else the end mark.",
        "EVENT_TYPE": "CREATED, UPDATED, COLUMN_ADDED, COLUMN_DROPPED, COLUMN_RETYPED, COLUMN_RENAMED (an Iceberg "
        "column that kept its field), LINKAGE_GONE, DELETED, NOT_VISIBLE or VISIBLE_AGAIN. A table whose record holds "
        "no columns anywhere has none of a column.",
        "OBJECT_TYPE": "DATABASE, TABLE, VIEW or COLUMN.",
        "OBJECT_ID": "As in METADATA.",
        "PARENT_ID": "As in METADATA.",
        "ACTOR": "Who created it, where Glue tells.",
        "EVIDENCE": "What proves it: `generation` (a comparison), `GetTable` or `GetDatabase` (asked, and not found), "
        "`listing` (absent from listings), `reader` (the record has not changed: it is read better).",
        "BEFORE": "The version before; of columns the type before, of renamed ones the name before; of a linkage its "
        "TARGET_ID.",
        "AFTER": "The version after; of columns the type after, of renamed ones the name now.",
        "DETAIL": "JSON: the marks between which it was observed, and what belongs to the event: `was`, the OBJECT_ID "
        "that a renamed column had; `no_columns`, with EVIDENCE `reader`, the names of columns that were written "
        "before and that the table never had.",
    },
    "DATABASELOG": {
        "QUERY_ID": "The query.",
        "USER_NAME": "Who ran it.",
        "WORKGROUP": "Its workgroup.",
        "CATALOG_NAME": "Its catalog.",
        "DATABASE_NAME": "Its database.",
        "QUERY_TYPE": "Its kind.",
        "QUERY_STATE": "How it ended.",
        "QUERY_TEXT": "Its text.",
        "FINGERPRINT": "Equal for queries that differ in literals only.",
        "STARTED_AT": "When it began.",
        "ENDED_AT": "When it ended.",
        "DURATION_MS": "How long it took, in milliseconds.",
        "BYTES_SCANNED": "What it read.",
        "ERROR": "Why it failed.",
        "DETAIL": "JSON with the rest.",
    },
}
"""What each column holds. A column that is missing here, or one too many, stops `make docs`."""

NOTES = {
    "LINKAGES": "An object's linkages are always written whole, beside its row in METADATA. So where a run writes an "
    "object, what earlier runs wrote with its SOURCE_ID and this one did not is no longer so; and so it is with all "
    "of them where EVENTS say that the source was DELETED. An increment also has an EVENTS row LINKAGE_GONE for each "
    "linkage that an object has lost: OBJECT_ID is its SOURCE_ID, BEFORE its TARGET_ID, and DETAIL has its "
    "`link_type` and `target_type`. (Generations of release 0.1 kept no linkages: the run after an upgrade has no "
    "such rows.)",
    "DATABASELOG": "Nothing is written to it yet: its columns are reserved for query history.",
}
"""What is said of a family beside its columns."""


def pages() -> dict[str, str]:
    """Write every page of the reference; the keys are file names."""
    return {
        "command-line.md": command_line(),
        "configuration.md": configuration(),
        "plan-file.md": plan_file(),
        "crawler-file.md": crawler_file(),
        "extracts.md": extracts(),
        "manifest.md": manifest(),
        "writers.md": what_writers_write(),
    }


def page(title: str, *parts: str) -> str:
    """Put a page together."""
    return "\n\n".join([f"# {title}", MADE, *(part.strip("\n") for part in parts)]) + "\n"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *([cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str) -> str:
    """Write a text so that it stays one cell."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


# the command line ------------------------------------------------------------------------------------


def command_line() -> str:
    """Describe every command, as its own help does."""
    root = typer.main.get_command(app)
    parts = [part for name, command in walk(root, "gluepot") for part in described(name, command)]
    return page("Command line", "Data on stdout, everything else on stderr.", *parts)


def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's classes are its own
    """Give a command and those below it."""
    yield name, command
    for child, below in getattr(command, "commands", {}).items():
        yield from walk(below, f"{name} {child}")


def described(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    """Describe one command."""
    yield f"## {name}"
    yield (command.help or "").strip()
    rows = [option(one) for one in command.params if not getattr(one, "hidden", False)]
    if rows:
        yield table(("option", "meaning"), rows)
    for line in filter(None, (command.epilog or "").split("\n\n")):
        yield line if not line.startswith("Example: ") else f"Example: `{line.removeprefix('Example: ')}`"


def option(one: Any) -> tuple[str, str]:  # noqa: ANN401 - as above
    """Describe one option or argument."""
    told = getattr(one, "help", None) or ""
    value = "" if getattr(one, "is_flag", False) else f" {one.metavar or one.type.name.upper()}"
    if one.param_type_name == "argument":
        return f"`{one.metavar or one.name.upper()}`", told
    shown = getattr(one, "show_default", False)
    default = shown if isinstance(shown, str) else "" if value == "" or not shown else one.default
    default = getattr(default, "value", default)
    ends = " Required." if one.required else f" Default: `{default}`." if default not in {None, ""} else ""
    return ", ".join(f"`{name}`" for name in one.opts) + (f" `{value.strip()}`" if value else ""), told + ends


# the configuration -----------------------------------------------------------------------------------


WRONG = "Unknown keys, wrong types and duplicates are errors that name the key."
SECRETS = (
    "Any key marked *secret* may be a reference: `env:NAME`, `file:PATH` or `secretsmanager:NAME#field`. "
    "`{}` prints the schema itself."
)


def configuration() -> str:
    """Describe every key, from the JSON Schema."""
    head = f"JSON, TOML or YAML, by the file's suffix. An empty text means that the key is not given. {WRONG}"
    return all_keys("Configuration", f"{head} {SECRETS.format('gluepot config schema')}", schema())


def plan_file() -> str:
    """Describe every key of the plan file, from its JSON Schema."""
    head = f"What `gluepot load` reads: JSON, TOML or YAML, by the file's suffix. {WRONG}"
    return all_keys("Plan file", f"{head} {SECRETS.format('gluepot load schema')}", plan_schema())


def crawler_file() -> str:
    """Describe every key of a crawler's file, from its JSON Schema."""
    head = f"What `gluepot crawler` reads: JSON, TOML or YAML, by the file's suffix. {WRONG}"
    return all_keys("Crawler file", f"{head} {SECRETS.format('gluepot crawler schema')}", crawler_schema())


def all_keys(title: str, head: str, whole: dict[str, Any]) -> str:
    """Write a page of every key of a JSON Schema, section by section."""
    parts = [head, keys(whole)]
    for name, definition in whole["$defs"].items():
        parts += [f"## {name}", definition.get("description", ""), keys(definition)]
    return page(title, *parts)


def keys(definition: dict[str, Any]) -> str:
    """Write the table of an object's keys."""
    required = set(definition.get("required", ()))
    rows = (
        (
            f"`{name}`",
            kind(told),
            "required" if name in required else default(told),
            told.get("description")
            or next((one["description"] for one in told.get("anyOf", ()) if "description" in one), ""),
        )
        for name, told in sorted(definition["properties"].items(), key=lambda item: item[0] not in required)
    )
    return table(("key", "type", "default", "meaning"), rows)


def kind(told: dict[str, Any]) -> str:
    """Name a type."""
    if "$ref" in told:
        return str(told["$ref"]).rpartition("/")[2]
    if "anyOf" in told:
        return " or ".join(dict.fromkeys(kind(one) for one in told["anyOf"] if one.get("type") != "null"))
    if "enum" in told:
        return ", ".join(f"`{one}`" for one in told["enum"] if one is not None)
    if told.get("format") == "password":
        return "secret"
    if told.get("type") == "array":
        return f"list of {kind(told['items'])}" if isinstance(told.get("items"), dict) else "list"
    names = {"string": "text", "boolean": "true or false", "integer": "whole number"}
    if isinstance(told.get("additionalProperties"), dict):
        names["object"] = f"name -> {kind(told['additionalProperties'])}"
    return names.get(told["type"], str(told["type"]))


def default(told: dict[str, Any]) -> str:
    """Write a default; nothing where the key is simply not given."""
    value = told.get("default")
    if value in (None, [], ()) or isinstance(value, dict):
        return ""
    return f"`{msgspec.json.encode(value).decode()}`"


# the extracts ----------------------------------------------------------------------------------------


def extracts() -> str:
    """Describe the columns of every family."""
    head = (
        "Format `k`: `<FAMILY>_<YYYYMMDDHHMMSS>.csv` (`.csv.gz` with `compress`), named after the run's end mark. "
        "UTF-8 without BOM, `|` between fields (`delimiter`), an upper-case header, every field quoted, inner quotes "
        'doubled, `\\n` at the end of records, empty fields `""`. Times are UTC, `YYYY-MM-DD HH:MM:SS`. A family '
        "without rows is not written; METADATA always is. K's own format for Glue extracts is not public: families and "
        "columns are gluepot's, the dialect is that of K's published file contract."
    )
    parts = [head]
    for family, columns in COLUMNS.items():
        told = MEANINGS[family]
        if set(columns) != set(told):
            raise SystemExit(f"{family}: {set(columns) ^ set(told)} is not described, or not there")
        parts += [
            f"## {family}",
            NOTES.get(family, ""),
            table(("column", "meaning"), ((f"`{c}`", told[c]) for c in columns)),
        ]
    return page("Extract files", *filter(None, parts))


# the writers -------------------------------------------------------------------------------------------


def what_writers_write() -> str:
    """Describe what engines write into Glue, and how it is read, from the records of the tests."""
    heads = ("writer", "record", "columns that Glue lists", "columns written", "DESCRIPTION", "LOCATION", "FORMAT")
    return page(
        "What engines write into Glue",
        writers.HEAD,
        "## Tables and views",
        table(heads, writers.table_rows()),
        "## Views' texts",
        table(("writer", "view", "`ViewOriginalText`", "dialect", "columns"), writers.view_rows()),
        "## Types",
        "The engine's words, where a record has them; `listed` is empty where Glue does not list the column.",
        table(("engine", "listed", "DATA_TYPE", "writers"), writers.type_rows()),
        "Types that Glue lists and of which the record says nothing else; DATA_TYPE is the same.",
        table(("writer", "listed"), writers.listed_rows()),
        "## Parameters",
        "All are in the table's ATTRIBUTES. One that is `no change` may have another value in the next run without an "
        "event, or a row: it changes with each commit, and means nothing else.",
        table(("parameter", "writers", "gluepot"), writers.parameter_rows()),
        "## Further",
        "\n".join(writers.NOTES),
    )


# the manifest ----------------------------------------------------------------------------------------


def manifest() -> str:
    """Describe the manifest, from the structs that write it."""
    head = (
        "`MANIFEST_<YYYYMMDDHHMMSS>.json` is written last: a run whose manifest is there is whole. It is the only "
        "record of a run; `status` and `push` read it."
    )
    parts = [head]
    structs = (
        source.Manifest,
        source.FileEntry,
        source.RegionEntry,
        source.DatabaseEntry,
        source.Problem,
        source.Warned,
        Asked,
        Globs,
    )
    for struct in structs:
        rows = ((f"`{field.encode_name}`", annotated(field.type)) for field in msgspec.structs.fields(struct))
        text = re.sub(r"\s*\n\s*", " ", (struct.__doc__ or "").strip())
        parts += [f"## {struct.__name__}", text, table(("member", "type"), rows)]
    return page("Manifest", *parts)


def annotated(kind: Any) -> str:  # noqa: ANN401 - any annotation
    """Name a member's type."""
    names = {str: "text", int: "whole number", bool: "true or false", float: "number"}
    if kind in names:
        return names[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {list, tuple}:
        return f"list of {annotated(inner[0])}"
    if origin is Annotated:
        return annotated(inner[0])
    if type(None) in inner:
        return f"{annotated(inner[0])}, or null"
    if origin is dict:
        return f"object of {annotated(inner[1])}s"
    return str(getattr(kind, "__name__", kind))


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
