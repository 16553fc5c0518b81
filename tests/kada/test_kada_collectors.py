"""The second wheel answers for `kada_collectors`, and knows where it must not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "packages" / "gluepot-kada" / "src", ROOT / "src")


def run(code: str, *more_paths: Path) -> str:
    """Run a line of Python in a process of its own, and give what it printed or how it failed."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*more_paths, *SOURCES)))}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def install(site: Path, name: str) -> Path:
    """Lay down what pip leaves of a wheel: a dist-info folder with its metadata."""
    folder = site / f"{name.replace('-', '_')}-3.0.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 3.0.0\n")
    return site


def test_the_documented_names_are_gluepots() -> None:
    code = """
from kada_collectors.extractors.utils import load_config, get_hwm, publish_hwm, get_generic_logger
from kada_collectors.extractors.glue import Extractor
print({thing.__module__ for thing in (load_config, get_hwm, publish_hwm, get_generic_logger, Extractor)})
"""
    assert run(code) == "{'gluepot.kada'}"


@pytest.mark.parametrize("name", ["snowflake", "tableau", "glue_v2"])
def test_another_collector_is_said_to_be_absent(name: str) -> None:
    said = run(f"from kada_collectors.extractors.{name} import Extractor")
    assert said.startswith(f"ModuleNotFoundError: there is no collector '{name}' here")
    assert "kada_collectors.extractors.glue" in said
    assert "use gluepot.kada for Glue" in said


def test_other_missing_modules_are_left_alone() -> None:
    said = run("import kada_collectors.extractors; import no_such_module_anywhere")
    assert said == "ModuleNotFoundError: No module named 'no_such_module_anywhere'"


def test_the_finder_is_added_once() -> None:
    code = """
import importlib, sys, kada_collectors.extractors as extractors
importlib.reload(extractors)
print(sum(type(finder).__name__ == 'Absent' for finder in sys.meta_path))
"""
    assert run(code) == "1"


@pytest.mark.parametrize(
    "name", ["kada_collectors_lib", "kada-collectors-extractors-tableau", "KADA.collectors.extractors"]
)
@pytest.mark.parametrize("module", ["glue", "utils"])
def test_beside_kadas_own_wheel_it_refuses_by_name(tmp_path: Path, name: str, module: str) -> None:
    said = run(f"import kada_collectors.extractors.{module}", install(tmp_path, name))
    assert said.startswith(f"ImportError: KADA's own {name} is installed beside gluepot-kada")
    assert "from gluepot.kada import Extractor" in said


@pytest.mark.parametrize("name", ["gluepot-kada", "kada-client", "my-kada-collectors-lib", "kada-collectors-library"])
def test_other_wheels_are_no_reason_to_refuse(tmp_path: Path, name: str) -> None:
    code = "from kada_collectors.absent import refuse_beside_kadas_own; refuse_beside_kadas_own(); print('welcome')"
    assert run(code, install(tmp_path, name)) == "welcome"


def test_gluepots_own_surface_works_beside_kadas_wheel(tmp_path: Path) -> None:
    site = install(tmp_path, "kada_collectors_lib")
    assert run("from gluepot.kada import Extractor; print(Extractor.__name__)", site) == "Extractor"
