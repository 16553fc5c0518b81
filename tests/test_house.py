"""Every arrow between rooms points down, each library has one home, and the picture in the docs is drawn from that."""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]

KNOWN: set[str] = set()
"""Imports that do not point down, and are known. It may only shrink."""

HOMES: dict[str, set[str]] = {
    "aiohttp": {"gluepot_sandbox.aws"},
    "airflow": {"gluepot.airflow"},
    "awswrangler": {"gluepot_sandbox.catalog"},
    "boto3": {"gluepot_sandbox"},
    "botocore": {
        "gluepot.athena",
        "gluepot.aws",
        "gluepot.collector.reading",
        "gluepot.glue",
        "gluepot.provision",
        "gluepot_sandbox",
    },
    "cassandra": {"gluepot.cassandra", "gluepot.source.sample", "gluepot_sandbox.cassandra"},
    "cryptography": {"gluepot_sandbox.astra"},
    "duckdb": {"gluepot.lake.convert", "gluepot.sql", "gluepot_sandbox.aws"},
    "fcntl": {
        "gluepot.collector.places",
        "gluepot.collector.runfolder",
        "gluepot.host.scratch",
        "gluepot.waiting.pace",
    },
    "mmh3": {"gluepot_sandbox.aws"},
    "moto": {"gluepot_sandbox.aws"},
    "numpy": {"gluepot.cassandra.decode", "gluepot.lake", "gluepot.loader"},
    "obstore": {"gluepot.landing"},
    "packaging": {"gluepot_sandbox.aws"},
    "pandas": {"gluepot_sandbox.catalog"},
    "pyarrow": {
        "gluepot.athena",
        "gluepot.cassandra",
        "gluepot.collector.extract",
        "gluepot.lake",
        "gluepot.loader",
        "gluepot.source",
        "gluepot.sql",
        "gluepot_sandbox",
    },
    "pyiceberg": {"gluepot.lake", "gluepot_sandbox.catalog"},
    "pyspark": {"gluepot.loader.engines"},
    "rich": {"gluepot.cli", "gluepot_sandbox"},
    "sqlglot": {"gluepot.mask", "gluepot_sandbox.aws"},
    "sqlite3": {"gluepot.collector"},
    "typer": {"gluepot.cli"},
    "yaml": {"gluepot.collector.access", "gluepot.config"},
    "yarl": {"gluepot_sandbox.aws"},
}
"""Libraries and the only rooms, folders or modules that import them; the sandbox fills catalogs with what users do."""

EVERYWHERE = {"msgspec"}
"""Third-party libraries that any module may import."""


def tool() -> ModuleType:
    """Load `tools/house.py`, which has the ranks."""
    spec = importlib.util.spec_from_file_location("house", ROOT / "tools" / "house.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["house"] = made
    spec.loader.exec_module(made)
    return made


house: Any = tool()
MODULES: dict[str, Path] = house.modules()


@cache
def arrows() -> list[Any]:
    """Give every import, read once, and by no worker that only collects."""
    return list(house.arrows(MODULES))


@cache
def libraries() -> dict[str, set[str]]:
    """Of each module, give the tops of what it imports."""
    return {module: {name.partition(".")[0] for name in house.imported("", path)} for module, path in MODULES.items()}


def test_every_arrow_points_down() -> None:
    found = {f"{one.user} -> {one.used}" for one in house.breaches(arrows())}
    assert found == KNOWN


def test_an_arrow_upwards_or_within_a_floor_is_found() -> None:
    wrong = [
        house.Arrow("gluepot.glue.tables", "gluepot.collector.collect"),
        house.Arrow("gluepot.glue.tables", "gluepot.landing.location"),
        house.Arrow("gluepot.lake.types.names", "gluepot.lake.commit.staging"),
        house.Arrow("gluepot.loader.core.stager", "gluepot.loader.load"),
        house.Arrow("gluepot.errors", "gluepot"),
    ]
    right = [house.Arrow(one.used, one.user) for one in wrong if "landing" not in one.used]
    assert house.breaches(wrong + right) == sorted(wrong)


def test_the_picture_in_the_docs_is_drawn_from_the_imports_and_the_ranks() -> None:
    page = house.PAGE.read_text(encoding="utf-8")
    assert page == house.drawn(page, house.diagram(arrows())), "make docs draws it again"


@pytest.mark.parametrize("page", ["docs/concepts.md", "CONTRIBUTING.md"])
def test_every_module_that_a_page_sends_its_reader_to_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:\w+/)*\w+\.py)`", text)
    homes = (ROOT, ROOT / "src" / "gluepot", ROOT / "packages" / "gluepot-sandbox" / "src" / "gluepot_sandbox")
    assert named
    assert [name for name in named if not any((home / name).is_file() for home in homes)] == []


def test_every_module_stands_in_a_room_of_the_house() -> None:
    rooms = {name for names in house.RANKS for name in names}
    assert {house.room(name) for name in MODULES} <= rooms


def test_nine_modules_at_the_top_at_the_most() -> None:
    loose = {path.name for path in (ROOT / "src" / "gluepot").glob("*.py")}
    assert len(loose) <= 9, sorted(loose)


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_is_imported_only_at_home(library: str) -> None:
    users = {module for module, found in libraries().items() if library in found}
    homes = HOMES[library]
    assert {one for one in users if not any(one == home or one.startswith(f"{home}.") for home in homes)} == set()
    assert users, f"nothing imports {library}: take it out"


def test_every_third_party_library_has_a_home() -> None:
    found = {library for names in libraries().values() for library in names}
    ours = {"gluepot", "gluepot_sandbox"}
    assert found - set(sys.stdlib_module_names) - ours - EVERYWHERE - {""} <= set(HOMES)


def test_the_kada_wheel_knows_only_the_facade() -> None:
    wheel = ROOT / "packages" / "gluepot-kada" / "src"
    named = {name for path in wheel.rglob("*.py") for name in house.imported("", path)}
    homes = ("gluepot.kada", "gluepot.errors")
    assert [one for one in named if one.startswith("gluepot") and not one.startswith(homes)] == []
