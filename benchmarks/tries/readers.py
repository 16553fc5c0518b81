"""Three readers of a Glue catalog as whole programs: how each is started, and what somebody finds who takes its result.

gluepot is run as its users run it, into a landing; DataHub's source writes the file that `datahub ingest` reads again;
awswrangler is a library, so a script of a dozen lines writes its answers into a CSV file.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent
REGION: Final = "eu-central-1"
DATAHUB: Final = "acryl-datahub[glue]==1.7.0.17"
WRANGLER: Final = "awswrangler==3.17.1"
csv.field_size_limit(100_000_000)


@dataclass(frozen=True)
class Found:
    """What stands at the place to which a reader writes.

    Args:
        objects: Tables and columns, each with its type; empty where nothing can be read.
        told_incomplete: The result itself says that something is missing.
    """

    objects: frozenset[str] = frozenset()
    told_incomplete: bool = False


class Reader(Protocol):
    """A program that reads the catalog."""

    name: str
    remembers: bool
    """It compares with what it saw before."""

    def command(self, folder: Path) -> list[str]:
        """Give the arguments of Python that run it in a folder."""

    def python(self) -> str:
        """Give the interpreter of its environment."""

    def found(self, folder: Path) -> Found:
        """Read what its readers would read."""


class Gluepot:
    """`gluepot run` into a landing on disk, or into one on S3."""

    name = "gluepot"
    remembers = True

    def __init__(self, **more: object) -> None:
        self._more = more

    def python(self) -> str:
        """Give this environment's own interpreter."""
        return sys.executable

    def command(self, folder: Path) -> list[str]:
        """Write the configuration, and start the module."""
        landing = {"url": (folder / "landing").as_uri()}
        config = {
            "regions": [REGION], "server": "reliability", "output_path": "out", "hwm": "state", "landing": landing,
            **self._more,
        }  # fmt: skip
        (folder / "landing").mkdir(exist_ok=True)
        (folder / "gluepot.json").write_text(json.dumps(config))
        return ["-m", "gluepot", "run", "-c", "gluepot.json"]

    def found(self, folder: Path) -> Found:
        """Take the runs as they arrived: rows replace, events remove, a whole snapshot begins anew."""
        state: dict[str, dict[str, str]] = {}
        incomplete = False
        landing = folder / "landing"
        for path in sorted(landing.glob("MANIFEST_*.json"), key=lambda one: one.stat().st_mtime_ns):
            manifest = json.loads(path.read_text())
            incomplete = not manifest["complete"]
            if manifest["full"] and manifest["complete"]:
                state.clear()
            files = {one["family"]: landing / one["name"] for one in manifest["files"]}
            for row in _rows(files.get("METADATA")):
                state[row["OBJECT_ID"]] = row
            for row in _rows(files.get("EVENTS")):
                if row["EVENT_TYPE"] in {"DELETED", "COLUMN_DROPPED"}:
                    _remove(state, row["OBJECT_ID"])
        named = (f"{_short(key)} {row['DATA_TYPE']}" for key, row in state.items() if row["OBJECT_TYPE"] != "DATABASE")
        return Found(frozenset(named), incomplete)


class DataHub:
    """`datahub ingest` from Glue into a file."""

    name = "DataHub"
    remembers = False

    def python(self) -> str:
        """Install it in an environment of its own, once."""
        return environment("datahub", DATAHUB)

    def command(self, folder: Path) -> list[str]:
        """Write the recipe."""
        source = {"aws_region": REGION, "extract_transforms": False, "extract_owners": False}
        recipe = {
            "source": {"type": "glue", "config": source},
            "sink": {"type": "file", "config": {"filename": str(folder / "out.json")}},
            "pipeline_name": "reliability",
        }
        (folder / "recipe.json").write_text(json.dumps(recipe))
        return ["-m", "datahub", "ingest", "--no-spinner", "-c", "recipe.json"]

    def found(self, folder: Path) -> Found:
        """Take tables and columns out of the records; a file that is no JSON is none."""
        try:
            records = json.loads((folder / "out.json").read_text())
        except (OSError, ValueError):
            return Found()
        objects: set[str] = set()
        for record in records:
            for urn, aspect in _schemas(record):
                objects.add(urn)
                objects.update(f"{urn}#{field['fieldPath']} {field['nativeDataType']}" for field in aspect["fields"])
        return Found(frozenset(objects))


class Wrangler:
    """A script over `awswrangler.catalog`."""

    name = "awswrangler"
    remembers = False

    def python(self) -> str:
        """Install it in an environment of its own, once."""
        return environment("awswrangler", WRANGLER)

    def command(self, folder: Path) -> list[str]:  # noqa: ARG002 - a reader's method
        """Name the script."""
        return [str(HERE / "wrangler_script.py"), "out.csv"]

    def found(self, folder: Path) -> Found:
        """Read the rows."""
        path = folder / "out.csv"
        if not path.is_file():
            return Found()
        with path.open(newline="") as file:
            return Found(frozenset(" ".join(row) for row in csv.reader(file)))


def environment(name: str, requirement: str) -> str:
    """Make an environment with one requirement, once; gives its interpreter."""
    home = ROOT / ".tools" / f"peer-{name}"
    uv = str(ROOT / ".tools" / "uv")
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), requirement], check=True)
        (home / "ready").touch()
    return str(python)


def _rows(path: Path | None) -> Iterable[dict[str, str]]:
    if path is None:
        return
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file, delimiter="|")


def _remove(state: dict[str, dict[str, str]], gone: str) -> None:
    """Take an object away, and what belongs to it."""
    state.pop(gone, None)
    for key in [key for key, row in state.items() if row["PARENT_ID"] == gone]:
        _remove(state, key)


def _short(arn: str) -> str:
    return arn.partition(":table/")[2] or arn


def _schemas(record: dict[str, object]) -> Iterable[tuple[str, dict[str, list[dict[str, str]]]]]:
    """Find the schemas in a record, whether it is a proposal or a snapshot."""
    if record.get("aspectName") == "schemaMetadata":
        yield str(record["entityUrn"]), record["aspect"]["json"]  # type: ignore[index] # a record's own form
    snapshot = record.get("proposedSnapshot") or {}
    for body in snapshot.values():  # type: ignore[attr-defined] # likewise
        for aspect in body["aspects"]:
            for kind, content in aspect.items():
                if kind.endswith("SchemaMetadata"):
                    yield body["urn"], content
