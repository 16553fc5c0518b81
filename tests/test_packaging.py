"""The wheels, installed from a folder into fresh environments, are all that a user needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
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
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheels of the three packages, in one folder, built with the locked build backend."""
    out = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, ROOT / "packages" / "gluepot-kada", ROOT / "packages" / "gluepot-sandbox"):
        call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=project)
    return {path.name.partition("-")[0]: path for path in out.glob("*.whl")}


@pytest.fixture(scope="module")
def fresh(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with gluepot and gluepot-kada alone, what they ask for at the locked versions."""
    return environment(tmp_path_factory.mktemp("fresh"), requires(wheels["gluepot"]), wheels, "gluepot", "gluepot-kada")


@pytest.fixture(scope="module")
def tried(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with all three packages, and what they and the extra `load` ask for."""
    third_party = [one for one in requires(wheels["gluepot_sandbox"]) if not one.startswith("gluepot")]
    third_party += [*requires(wheels["gluepot"]), *requires(wheels["gluepot"], "load")]
    return environment(tmp_path_factory.mktemp("tried"), third_party, wheels, "gluepot-sandbox", "gluepot-kada")


def environment(home: Path, third_party: list[str], wheels: dict[str, Path], *ours: str) -> Path:
    """Make an environment: third-party packages at the locked versions, then ours by name, from the folder alone."""
    if not UV.exists():
        not_available("a fresh environment needs uv, which make installs into .tools")
    call(UV, "venv", "--quiet", "--python", sys.executable, home / "env", cwd=home)
    install = (UV, "pip", "install", "--quiet", "--python", home / "env")
    call(*install, "--constraint", ROOT / "requirements.lock", *third_party, cwd=home)
    call(*install, "--no-index", "--find-links", wheels["gluepot"].parent, *ours, cwd=home)
    return home / "env" / "bin"


def requires(wheel: Path, extra: str = "") -> list[str]:
    """Read what a wheel asks for, or what its extra asks for besides."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        asked = message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])
    if extra:
        return [one.partition(";")[0] for one in asked if one.endswith(f"extra == '{extra}'")]
    return [one for one in asked if "extra ==" not in one]


def clean_environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "VIRTUAL_"))}
    return {**kept, **more}


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_there_are_three_wheels_of_one_version(wheels: dict[str, Path]) -> None:
    own, *others = sorted(wheel.name for wheel in wheels.values())
    assert own.startswith(f"gluepot-{__version__}-cp311-abi3-")  # its core is compiled, for every Python from 3.11 on
    assert others == [f"{name}-{__version__}-py3-none-any.whl" for name in ("gluepot_kada", "gluepot_sandbox")]


def test_the_main_wheel_holds_the_package_its_types_its_data_and_its_licence(wheels: dict[str, Path]) -> None:
    held = names(wheels["gluepot"])
    sources = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src/gluepot").rglob("*.py")}
    data = {
        "gluepot/py.typed",
        "gluepot/source/titles.csv",
        "gluepot/source/style.css",
    }
    folder = ROOT / "src/gluepot/loader/gluejob/glueversions"
    core = ROOT / "src/gluepot/core"
    data |= {f"gluepot/core/{path.name}" for path in core.iterdir() if path.suffix in {".pyx", ".pxd", ".pyi"}}
    data |= {f"gluepot/core/{path.stem}.abi3.so" for path in core.glob("*.pyx")} | {"gluepot/core/_shared.abi3.so"}
    data |= {path.relative_to(ROOT / "src").as_posix() for path in folder.glob("*.txt")}
    assert sources | data == {name for name in held if name.startswith("gluepot/")}
    assert {name.partition("/")[0] for name in held} == {"gluepot", f"gluepot-{__version__}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in held)


def test_the_second_wheel_holds_the_import_name_of_kada_and_nothing_of_ours(wheels: dict[str, Path]) -> None:
    tops = {name.partition("/")[0] for name in names(wheels["gluepot_kada"])}
    assert tops == {"kada_collectors", f"gluepot_kada-{__version__}.dist-info"}


def test_the_command_starts_from_the_fresh_environment(fresh: Path, tmp_path: Path) -> None:
    said = call(fresh / "gluepot", "--help", cwd=tmp_path, env=clean_environment())
    assert "collect" in said
    assert "Exit codes" in said


def test_the_sandboxs_wheel_holds_its_package_and_what_maven_is_told(wheels: dict[str, Path]) -> None:
    sources = ROOT / "packages" / "gluepot-sandbox" / "src"
    files = {
        path.relative_to(sources).as_posix() for path in sources.rglob("*") if path.suffix in {".py", ".xml", ".sha256"}
    }
    assert "gluepot_sandbox/cassandra/pom.xml" in files
    assert files == {name for name in names(wheels["gluepot_sandbox"]) if not name.startswith("gluepot_sandbox-")}


def test_the_fresh_environment_holds_no_extras_and_nothing_of_the_sandbox(fresh: Path, tmp_path: Path) -> None:
    unwanted = ("moto", "aiohttp", "awswrangler", "cryptography", "gluepot_sandbox", "mmh3", "pyarrow", "pytest")
    code = f"import importlib.util as u; print([n for n in {unwanted} if u.find_spec(n)])"
    assert call(fresh / "python", "-c", code, cwd=tmp_path, env=clean_environment()).strip() == "[]"


def test_there_the_sandbox_and_the_demo_name_the_package_to_install(fresh: Path, tmp_path: Path) -> None:
    for command in ("sandbox", "demo"):
        done = subprocess.run([fresh / "gluepot", command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "hint: in a checkout: pip install packages/gluepot-sandbox" in done.stderr


def test_with_the_sandboxs_wheel_it_comes_up(tried: Path, tmp_path: Path) -> None:
    command = [str(tried / "gluepot"), "sandbox", "--aws-only", "--output", "json"]
    with subprocess.Popen(command, cwd=tmp_path, env=clean_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answer = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
        process.terminate()
    assert (process.returncode, list(answer["urls"])) == (0, ["aws"])
    code = "from gluepot_sandbox.cassandra import artefacts; print(artefacts.version())"  # read from its pom.xml
    assert call(tried / "python", "-c", code, cwd=tmp_path, env=clean_environment()).startswith("5.")


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
