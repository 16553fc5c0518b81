"""DuckDB with its own extensions runs what is printed for it, and finds what was loaded."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import lakes
from tests.support.availability import not_available

from gluepot.sql.loadedtables import lake_database
from gluepot.sql.readers import duckdb

if TYPE_CHECKING:
    from tests.support.lakes import World

pytestmark = pytest.mark.long
HOME = Path(__file__).with_name("duckdbreader")
UV = Path(__file__).parents[2] / ".tools" / "uv"


@pytest.fixture(scope="module")
def python() -> Path:
    """A Python with the DuckDB whose extensions are packages, in the user's cache."""
    wanted = HOME / "requirements.txt"
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = root / "gluepot" / "tests" / f"duckdb-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    found = home / "bin" / "python"
    if (home / "made").exists():
        return found
    steps = (
        [str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
        [str(UV), "pip", "install", "--quiet", "--python", str(found), "--require-hashes", "-r", str(wanted)],
    )
    for command in steps:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
        if done.returncode:
            not_available(f"DuckDB's extensions cannot be had: {done.stderr[-300:]}")
    (home / "made").touch()
    return found


def test_duckdb_reads_iceberg_and_plain_tables(world: World, python: Path, tmp_path: Path) -> None:
    iceberg, plain = lakes.planned(name="iceberg_one"), lakes.planned(name="plain_one", format="parquet")
    lakes.load(world.lake, iceberg, "load-1", lakes.numbered(0, 50))
    lakes.load(world.lake, iceberg, "load-2", lakes.numbered(100, 140))  # replaces the first
    lakes.load(world.lake, plain, "load-1", lakes.numbered(7, 30))
    script = duckdb(lake_database(world.lake, f"s3://{lakes.BUCKET}/tables"))
    (tmp_path / "script.json").write_text(json.dumps({"duckdb": dataclasses.asdict(script)}))
    done = subprocess.run(
        [str(python), str(HOME / "read.py"), str(tmp_path / "script.json"), str(tmp_path / "extensions")],
        env=world.environment | os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    rows = {name: sorted(map(tuple, found)) for name, found in json.loads(done.stdout).items()}
    assert rows == {"iceberg_one": lakes.numbered(100, 140), "plain_one": lakes.numbered(7, 30)}
