"""A load in the Python of AWS Glue, as its developer guide describes it: with nothing else but the zip of wheels."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.support.availability import not_available
from tests.support.gluejobs import prepared

from gluepot.loader.gluejob import modules
from gluepot_sandbox.aws import GlueJobs

if TYPE_CHECKING:
    from tests.support.loads import Bench

UV: Final = Path(__file__).parents[2] / ".tools" / "uv"
SPARK: Final = {"5.0": "pyspark==3.5.4", "5.1": "pyspark==3.5.6"}
UNUSED: Final = {"kaleido", "matplotlib", "pip", "plotly", "seaborn", "setuptools", "uv", "virtualenv"}
"""Of what Glue provides, what no load comes near, and what takes long to fetch or is a tool of Glue's own."""


def python_of(version: str, folder: Path) -> Path:
    """Make the Python of a version of Glue: what it provides, at its versions, and PySpark."""
    if not UV.exists():
        not_available("make setup has not installed uv into .tools")
    provided = [f"{name}=={at}" for name, at in modules.provided(version).items() if name not in UNUSED]
    subprocess.run([str(UV), "venv", "--quiet", "--python", "3.11", str(folder)], check=True)
    wanted = [*provided, SPARK[version], "py4j==0.10.9.7"]
    python = folder / "bin" / "python"
    subprocess.run([str(UV), "pip", "install", "--quiet", "--no-deps", "--python", str(python), *wanted], check=True)
    return python


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("version", sorted(SPARK))
def test_a_load_runs_in_the_python_that_glue_has_with_a_wheelhouse(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    expected = bench.fill(800)
    python = python_of(version, tmp_path / "glue")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").symlink_to(UV)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    prepared(bench, glue={"version": version, "wheelhouse": True})
    bench.aws.change(glue_jobs=GlueJobs(python=str(python), everything=True))
    with bench.started("load", "run") as process:
        _, said = process.communicate(timeout=900)
    assert process.returncode == 0, said
    assert bench.lake_rows("events") == expected
