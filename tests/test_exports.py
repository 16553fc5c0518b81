"""The public API is exactly this; a name more or less is a decision, and stands in the changelog."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys

import pytest

import gluepot
from gluepot import errors

JOBS = [
    "check",
    "collect",
    "from_mapping",
    "load_config",
    "plan_load",
    "push",
    "query",
    "read_manifest",
    "run",
    "run_load",
    "status",
    "verify_load",
]
VALUES = [
    "CheckReport",
    "Collected",
    "Config",
    "LoadOptions",
    "LoadResult",
    "LoadedTable",
    "Manifest",
    "Options",
    "PlannedLoad",
    "Pushed",
    "Ran",
    "StatusReport",
    "VerifiedTable",
    "__version__",
]
ERRORS = [name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)]


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_public_names_are_the_jobs_their_values_and_every_error() -> None:
    assert sorted(gluepot.__all__) == sorted([*JOBS, *VALUES, *ERRORS])
    assert dir(gluepot) == sorted(gluepot.__all__)


@pytest.mark.parametrize("name", JOBS)
def test_each_job_is_a_function(name: str) -> None:
    assert inspect.isfunction(getattr(gluepot, name))


def test_nothing_else_is_found() -> None:
    with pytest.raises(AttributeError, match="no attribute 'colect'"):
        _ = gluepot.colect  # type: ignore[attr-defined] # that is the fact


def test_no_job_has_the_name_of_a_package_or_a_module() -> None:
    modules = {one.name for one in pkgutil.iter_modules(gluepot.__path__)}
    assert modules & set(gluepot.__all__) == set()


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {"boto3", "botocore", "duckdb", "msgspec", "obstore", "pyarrow", "rich", "sqlglot", "typer", "yaml"}
    loaded = python("import sys, gluepot; print(' '.join(sys.modules))").split()
    assert heavy.isdisjoint(loaded)
    assert sorted(name for name in loaded if name.startswith("gluepot")) == ["gluepot", "gluepot.version"]
