"""What a Glue job gets to run: gluepot as a wheel, and every module with its version, in keeping with Glue's own."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from tests.support.availability import not_available

from gluepot.errors import EngineError
from gluepot.loader.gluejob import modules
from gluepot.loader.gluejob.wheel import packed, wheel

ROOT = Path(__file__).parents[2]
VERSIONS = ("5.0", "5.1")
TOO_OLD = {"boto3", "botocore", "pyarrow", "s3transfer"}
"""Modules of Glue 5.0 that gluepot cannot use: it brings those of 5.1."""


def named(version: str) -> dict[str, str]:
    return dict(one.split("==") for one in modules.pins(version))


def test_the_wheel_holds_gluepot_and_what_it_needs_and_runs_by_itself(tmp_path: Path) -> None:
    made = wheel()
    assert re.fullmatch(r"gluepot-[\d.]+-cp311-abi3-manylinux_2_\d+_x86_64\.whl", made.name)
    archive = zipfile.ZipFile(io.BytesIO(made.body))
    archive.extractall(tmp_path)
    assert not [name for name in archive.namelist() if "__pycache__" in name]
    metadata = next(tmp_path.glob("gluepot-*.dist-info")) / "METADATA"
    assert "Requires-Dist: cassandra-driver" in metadata.read_text()
    tags = (next(tmp_path.glob("gluepot-*.dist-info")) / "WHEEL").read_text()
    assert f"Tag: {made.name.removesuffix('.whl').split('-', 2)[2]}\n" in tags
    ask = "import gluepot.loader.gluejob.modules as m; print(m.__file__); print(len(m.pins('5.1')))"
    done = subprocess.run(
        [sys.executable, "-c", ask], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    where, count = done.stdout.split()
    assert Path(where).is_relative_to(tmp_path)
    assert int(count) == len(modules.pins("5.1"))


def test_equal_code_makes_equal_wheels_and_other_code_others() -> None:
    files = {"gluepot/__init__.py": b"one = 1\n"}
    assert packed("1", "Name: gluepot\n", files, "t") == packed("1", "Name: gluepot\n", files, "t")
    assert packed("1", "Name: gluepot\n", files, "t") != packed(
        "1", "Name: gluepot\n", {"gluepot/__init__.py": b""}, "t"
    )


def test_pip_takes_the_wheel(tmp_path: Path) -> None:
    (tmp_path / wheel().name).write_bytes(wheel().body)
    uv = ROOT / ".tools" / "uv"
    command = [str(uv), "pip", "install", "--quiet", "--offline", "--no-deps", "--no-index", "--target"]
    subprocess.run([*command, str(tmp_path / "site"), str(tmp_path / wheel().name)], check=True, cwd=tmp_path)
    assert (tmp_path / "site" / "gluepot" / "loader" / "load.py").exists()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_module_is_fetched_with_the_hashes_of_its_files(version: str) -> None:
    wanted = modules.pins(version)
    lines = modules.hashed(wanted).splitlines()
    assert [line.partition(" ")[0] for line in lines] == list(wanted)
    assert all(re.fullmatch(r"\S+==\S+( --hash=sha256:[0-9a-f]{64})+", line) for line in lines)


def test_a_module_with_another_hash_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the index gives another file than was locked, that is said, and nothing is staged."""
    monkeypatch.setenv("PATH", f"{ROOT / '.tools'}{os.pathsep}{os.environ['PATH']}")
    right = modules.hashed([next(name for name in modules.pins("5.1") if name.startswith("idna=="))])
    for name in ("right", "wrong"):
        (tmp_path / name).mkdir()
    try:
        modules._download(right, tmp_path / "right")
    except EngineError as error:
        not_available(f"idna cannot be had: {error.why}")
    assert [path.suffix for path in sorted((tmp_path / "right").iterdir())] == [".whl", ".txt"]
    with pytest.raises(EngineError) as refused:
        modules._download(re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", right), tmp_path / "wrong")
    assert "hash" in refused.value.why.lower()
    assert list((tmp_path / "wrong").glob("*.whl")) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_glue_provides_keeps_its_version(version: str) -> None:
    provided, wanted = modules.provided(version), named(version)
    moved = {name for name in wanted.keys() & provided.keys() if wanted[name] != provided[name]}
    assert moved == (TOO_OLD if version == "5.0" else set())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_module_that_a_load_needs_is_named(version: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["load"]]
    names = {re.split(r"[\[<>=~!; ]", one)[0].lower() for one in wanted}
    assert names - named(version).keys() == set()
    assert not {"pyspark", "pandas"} & named(version).keys()  # Glue's own


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_pinned_is_what_gluepot_takes(version: str) -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in [*project["dependencies"], *project["optional-dependencies"]["load"]]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(named(version)[requirement.name.lower()]), text


def test_a_zip_of_wheels_has_the_form_that_glue_wants(tmp_path: Path) -> None:
    (tmp_path / "other-2.0-py3-none-any.whl").write_bytes(b"PK")
    body = modules.house(wheel(), ["other==2.0"], tmp_path)
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert sorted(archive.namelist()) == [
        f"wheels/{wheel().name}",
        "wheels/other-2.0-py3-none-any.whl",
        "wheels/requirements.txt",
    ]
    requirements = archive.read("wheels/requirements.txt").decode().splitlines()
    assert requirements == [f"gluepot=={wheel().name.split('-')[1]}", "other==2.0"]
    assert body == modules.house(wheel(), ["other==2.0"], tmp_path)
    assert modules.house_name(wheel(), ["other==2.0"]).endswith(".gluewheels.zip")


def test_wheels_that_no_index_has_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(EngineError, match=r"no-such-module==1\.0|there is no pip"):
        modules.gathered(wheel(), ["no-such-module==1.0"])
