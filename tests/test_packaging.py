"""Both wheels, installed alone into a fresh environment, are all that a user needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.support.availability import not_available

from gluepot import __version__
from gluepot_sandbox import aws as emulator

ROOT = Path(__file__).parents[1]
UV = ROOT / ".tools" / "uv"
WRAPPER = ROOT / "tests" / "kada" / "wrapper.py"
REGION = "ap-southeast-2"

KADA = {
    "key": "",
    "secret": "",
    "server": "123456789012_glue",
    "regions": [REGION],
    "catalogId": "123456789012",
    "role": "",
    "output_path": "output",
    "mask": True,
    "compress": True,
    "meta_only": True,
}
"""The configuration of KADA's page, with its keys in its order."""


def call(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both wheels, built with the locked build backend."""
    out = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, ROOT / "packages" / "gluepot-kada"):
        call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=project)
    return sorted(out.glob("*.whl"))


@pytest.fixture(scope="module")
def fresh(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the two wheels and what they ask for, at the locked versions."""
    if not UV.exists():
        not_available("a fresh environment needs uv, which make installs into .tools")
    home = tmp_path_factory.mktemp("fresh")
    call(UV, "venv", "--quiet", "--python", sys.executable, home / "env", cwd=home)
    lock = ROOT / "requirements.lock"
    call(UV, "pip", "install", "--quiet", "--python", home / "env", "--constraint", lock, *wheels, cwd=home)
    return home / "env" / "bin"


def clean_environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "VIRTUAL_"))}
    return {**kept, **more}


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_there_are_two_wheels_of_one_version(wheels: list[Path]) -> None:
    expected = [f"gluepot-{__version__}-py3-none-any.whl", f"gluepot_kada-{__version__}-py3-none-any.whl"]
    assert [wheel.name for wheel in wheels] == expected


def test_the_main_wheel_holds_the_package_its_types_its_data_and_its_licence(wheels: list[Path]) -> None:
    held = names(wheels[0])
    sources = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src/gluepot").rglob("*.py")}
    data = {
        "gluepot/py.typed",
        "gluepot/source/titles.csv",
        "gluepot/source/style.css",
    }
    folder = ROOT / "src/gluepot/loader/gluejob/glueversions"
    data |= {path.relative_to(ROOT / "src").as_posix() for path in folder.glob("*.txt")}
    assert sources | data == {name for name in held if name.startswith("gluepot/")}
    assert any(name.endswith("licenses/LICENSE") for name in held)


def test_the_second_wheel_holds_the_import_name_of_kada_and_nothing_of_ours(wheels: list[Path]) -> None:
    tops = {name.partition("/")[0] for name in names(wheels[1])}
    assert tops == {"kada_collectors", f"gluepot_kada-{__version__}.dist-info"}


def test_the_command_starts_from_the_fresh_environment(fresh: Path, tmp_path: Path) -> None:
    said = call(fresh / "gluepot", "--help", cwd=tmp_path, env=clean_environment())
    assert "collect" in said
    assert "Exit codes" in said


def test_the_fresh_environment_holds_no_extras(fresh: Path, tmp_path: Path) -> None:
    code = "import importlib.util as u; print([n for n in ('moto', 'pyarrow', 'pytest', 'aiohttp') if u.find_spec(n)])"
    assert call(fresh / "python", "-c", code, cwd=tmp_path, env=clean_environment()).strip() == "[]"


def test_the_wrapper_script_of_kadas_page_runs_from_there(fresh: Path, tmp_path: Path) -> None:
    shutil.copy(WRAPPER, tmp_path)
    (tmp_path / "kada_glue_extractor_config.json").write_text(json.dumps(KADA))
    with emulator.start() as aws:
        glue = aws.client("glue", region=REGION)
        glue.create_database(DatabaseInput={"Name": "media"})
        glue.create_table(
            DatabaseName="media",
            TableInput={"Name": "titles", "StorageDescriptor": {"Columns": [{"Name": "show_id", "Type": "string"}]}},
        )
        env = clean_environment(**aws.environment(region=REGION))
        call(fresh / "python", WRAPPER.name, cwd=tmp_path, env=env)
    written = sorted(path.name.partition("_")[0] for path in (tmp_path / "output").glob("[A-Z]*"))
    assert "METADATA" in written
    assert "MANIFEST" in written
    assert (tmp_path / "glue_hwm.txt").exists()
