"""The page's own script and the page's own configuration file work, from a process of their own."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.cli import next_second
from tests.support.emulated import inherited

from gluepot_sandbox import aws as emulator

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("wrapper.py")
REGION = "ap-southeast-2"

PAGE = {
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


@pytest.fixture
def aws(server: emulator.Emulator) -> emulator.Emulator:
    server.reset()
    glue = server.client("glue", region=REGION)
    glue.create_database(DatabaseInput={"Name": "media"})
    create_table(glue, "titles")
    return server


def create_table(glue: Any, name: str) -> None:
    columns = [{"Name": "show_id", "Type": "string"}, {"Name": "release_year", "Type": "int"}]
    glue.create_table(DatabaseName="media", TableInput={"Name": name, "StorageDescriptor": {"Columns": columns}})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the script and its configuration beside it, as the page's default wants it."""
    shutil.copy(SCRIPT, tmp_path)
    configure(tmp_path)
    return tmp_path


def configure(home: Path, **keys: object) -> None:
    (home / "kada_glue_extractor_config.json").write_text(json.dumps({**PAGE, **keys}))


def run(home: Path, aws: emulator.Emulator, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(path) for path in (ROOT / "src", ROOT / "packages" / "gluepot-kada" / "src"))
    environ = {**inherited(), **aws.environment(region=REGION), "PYTHONPATH": paths}
    command = [sys.executable, str(home / SCRIPT.name), *arguments]
    return subprocess.run(command, cwd=home, env=environ, capture_output=True, text=True, check=False)


def uploadable(home: Path) -> list[Path]:
    """List what the upload loop of the page's Airflow example would send, with compress = true."""
    return sorted(path for path in (home / "output").iterdir() if path.name.endswith(".csv.gz"))


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="|"))


def test_the_script_extracts_and_publishes_its_mark(home: Path, aws: emulator.Emulator) -> None:
    done = run(home, aws)
    assert done.returncode == 0, done.stderr
    (metadata,) = [path for path in uploadable(home) if path.name.startswith("METADATA_")]
    assert {(row["OBJECT_TYPE"], row["NAME"]) for row in rows(metadata)} == {
        ("DATABASE", "media"),
        ("TABLE", "titles"),
        ("COLUMN", "show_id"),
        ("COLUMN", "release_year"),
    }
    mark = (home / "glue_hwm.txt").read_text().strip()
    assert metadata.name == f"METADATA_{''.join(ch for ch in mark if ch.isdigit())}.csv.gz"


def test_the_second_run_extracts_the_change_and_sends_nothing_twice(home: Path, aws: emulator.Emulator) -> None:
    assert run(home, aws).returncode == 0
    first = uploadable(home)
    create_table(aws.client("glue", region=REGION), "casts")
    next_second()
    assert run(home, aws).returncode == 0
    second = uploadable(home)
    assert not set(first) & set(second)
    assert {path.name for path in first} <= {path.name for path in (home / "output" / "pushed").iterdir()}
    (metadata,) = [path for path in second if path.name.startswith("METADATA_")]
    assert {row["NAME"] for row in rows(metadata) if row["OBJECT_TYPE"] == "TABLE"} == {"casts"}


def test_a_run_that_reaches_nothing_leaves_the_mark(home: Path, aws: emulator.Emulator) -> None:
    aws.add(faults=[emulator.Fault(emulator.FaultKind.DENIED, operation="Get*")])
    done = run(home, aws)
    assert done.returncode != 0
    assert "UnreachableError" in done.stderr
    assert not (home / "glue_hwm.txt").exists()


@pytest.mark.parametrize(("on_incomplete", "published"), [("push", True), ("fail", False)])
def test_a_failed_scope_stops_the_mark_only_where_that_is_asked(
    home: Path,
    aws: emulator.Emulator,
    on_incomplete: str,
    published: bool,  # noqa: FBT001 - a parametrized fact
) -> None:
    glue = aws.client("glue", region=REGION)
    glue.create_database(DatabaseInput={"Name": "secretive"})
    aws.add(faults=[emulator.Fault(emulator.FaultKind.DENIED, operation="GetTables", database="secretive")])
    configure(home, on_incomplete=on_incomplete)
    done = run(home, aws)
    assert (done.returncode == 0) is published, done.stderr
    assert (home / "glue_hwm.txt").exists() is published
    assert [path for path in uploadable(home) if path.name.startswith("METADATA_")], "the files are there either way"


def test_a_misspelt_key_is_named_by_the_script(home: Path, aws: emulator.Emulator) -> None:
    configure(home, region=[REGION])
    done = run(home, aws)
    assert done.returncode != 0
    assert "region: is not a key of the configuration" in done.stderr
