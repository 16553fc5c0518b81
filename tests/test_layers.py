"""Each library has one home, and the layers call downwards only."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "gluepot"

AWS = ("aws.py", "awsmodels.py", "glue/", "athena/", "provision/", "emulator/", "demo/")
EMBEDDED = ("emulator/", "demo/")
HOMES: dict[str, tuple[str, ...]] = {
    "aiohttp": EMBEDDED,
    "airflow": ("airflow/",),
    "awswrangler": ("demo/",),
    "boto3": AWS,
    "botocore": AWS,
    "cassandra": ("cassandra/",),
    "cryptography": ("cassandra/standin/",),
    "duckdb": ("lake/transform.py", "query.py", "emulator/"),
    "fcntl": ("runfolder.py",),
    "llvmlite": ("cassandra/", "lake/"),
    "mmh3": ("emulator/",),
    "moto": EMBEDDED,
    "numba": ("cassandra/", "lake/"),
    "obstore": ("landing/",),
    "pandas": ("demo/",),
    "numpy": ("cassandra/", "lake/", "verify.py"),
    "pyarrow": (
        "extract/parquet.py",
        "demo/",
        "emulator/crawlers/",
        "lake/",
        "cassandra/",
        "engines/",
        "load.py",
        "verify.py",
        "query.py",
        "source.py",
        "athena/",
        "emulator/",
    ),
    "pyiceberg": ("demo/", "lake/"),
    "pyspark": ("engines/",),
    "rich": ("cli/", "demo/"),
    "sqlglot": ("mask/", "lineage/", "emulator/"),
    "sqlite3": ("generation.py", "runfolder.py"),
    "typer": ("cli/",),
    "yarl": EMBEDDED,
    "yaml": ("config/parse.py", "config/yamledit.py", "provision/"),
}
"""Libraries and the only places that import them; the demo uses what its users use, to fill a catalog."""

EVERYWHERE = {"msgspec"}
"""Third-party libraries that any module may import."""

ENTRANCES = ("__main__.py", "cli/")
"""The only modules that know the command line."""

JOBS = {
    "collect",
    "run",
    "check",
    "status",
    "demo",
    "kada",
    "load",
    "verify",
    "query",
    "source",
    "crawl",
    "provisioning",
    "explain",
}
"""What readers, stages and commits never import."""

BELOW_JOBS = (
    "glue/",
    "extract/",
    "landing/",
    "mask/",
    "config/",
    "provision/",
    "generation.py",
    "hwm.py",
    "aws.py",
    "cassandra/",
    "lake/",
    "loading/",
    "crawling/",
)


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Give the full name of every module that a file imports, at any depth."""
    package = ["gluepot", *path.relative_to(SOURCE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) + "." if node.level else ""
            module = f"{base}{node.module or ''}".rstrip(".")
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


def place(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def is_in(path: Path, homes: tuple[str, ...]) -> bool:
    return any(place(path) == home or (home.endswith("/") and place(path).startswith(home)) for home in homes)


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_is_imported_only_at_home(library: str) -> None:
    users = {path for path in modules() if library in {name.partition(".")[0] for name in imports(path)}}
    assert [place(path) for path in users if not is_in(path, HOMES[library])] == []


def test_every_third_party_library_has_a_home() -> None:
    import sys

    found = {name.partition(".")[0] for path in modules() for name in imports(path)}
    assert found - set(sys.stdlib_module_names) - {"gluepot"} - EVERYWHERE <= set(HOMES)


def test_only_the_entrances_know_the_command_line() -> None:
    users = [place(path) for path in modules() if any(name.startswith("gluepot.cli") for name in imports(path))]
    assert [user for user in users if not is_in(SOURCE / user, ENTRANCES)] == []


def test_readers_stages_and_commits_call_no_job() -> None:
    wrong = [
        (place(path), name)
        for path in modules()
        if is_in(path, BELOW_JOBS)
        for name in imports(path)
        if name.startswith("gluepot.") and name.split(".")[1] in JOBS
    ]
    assert wrong == []


def test_the_kada_wheel_knows_only_the_facade() -> None:
    wheel = ROOT / "packages" / "gluepot-kada" / "src"
    named = {name for path in wheel.rglob("*.py") for name in imports_of_wheel(path)}
    assert {name for name in named if name.startswith("gluepot")} <= {"gluepot.kada", "gluepot.errors"}


def imports_of_wheel(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
