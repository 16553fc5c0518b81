"""No file of the working folder runs: not in a command, however it is started, nor in what a command starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.availability import not_available

from gluepot.errors import EngineError
from gluepot.host import children
from gluepot.loader.gluejob import modules
from gluepot.loader.gluejob.wheel import wheel
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.cassandra import artefacts

if TYPE_CHECKING:
    from tests.support.cli import Home

ROOT = Path(__file__).parents[2]
LATER = ("queue", "json", "hashlib", "socket", "signal", "botocore", "msgspec", "moto", "pip", "yaml")
"""Modules that gluepot's processes take from the working folder, where that is on their path."""

FIRST = ("typing", "threading")
"""Those that are taken before gluepot can look at its path, where PYTHONPATH itself names the working folder."""

STARTS = {
    "python -m": ([sys.executable, "-m", "gluepot"], "", FIRST + LATER),
    "the command": ([str(Path(sys.executable).with_name("gluepot"))], "", FIRST + LATER),
    "the command, with an empty entry in PYTHONPATH": ([str(Path(sys.executable).with_name("gluepot"))], ":", LATER),
}


def plant(folder: Path, names: tuple[str, ...] = FIRST + LATER) -> Path:
    """Leave modules in a folder that say so when they run; gives the file in which they do."""
    marker = folder / "has-run"
    for name in names:
        (folder / f"{name}.py").write_text(f"open({str(marker)!r}, 'a').write('{name} ')\nraise SystemExit(99)\n")
    return marker


@pytest.mark.parametrize("start", STARTS)
def test_a_run_and_the_process_that_reads_for_it_load_nothing_of_the_working_folder(home: Home, start: str) -> None:
    command, variable, names = STARTS[start]
    marker = plant(home.folder, names)
    done = subprocess.run(
        [*command, "run", "-c", "c.json"],
        cwd=home.folder,
        env={**home.environment(), "PYTHONPATH": variable},
        capture_output=True,
        check=False,
    )
    assert not marker.exists(), marker.read_text()
    assert done.returncode == 0, done.stderr


def test_a_collection_that_python_calls_starts_a_process_that_loads_nothing_of_the_working_folder(home: Home) -> None:
    marker = plant(home.folder, ("queue", "socket", "botocore"))
    # all of it is loaded before there is a working folder in the path, as in a notebook
    call = "import sys, json, queue, socket, gluepot, botocore.session\nfrom gluepot.collector.reading import process\n"
    call += "sys.path.insert(0, '')\nprocess.prestart()\nchild = process._prestarted[0]\nchild.stdin.close()\n"
    call += "print(child.wait())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", call], cwd=home.folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0", done.stderr
    assert not marker.exists(), marker.read_text()


def test_the_emulated_aws_loads_nothing_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = plant(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    with emulator.start():
        assert not marker.exists(), marker.read_text()


def test_pip_is_started_where_nothing_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = plant(tmp_path)
    (tmp_path / "uv.toml").write_text("this is no TOML")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{ROOT / '.tools'}{os.pathsep}{os.environ['PATH']}")
    said = ""
    try:
        modules.gathered(wheel(), ())
    except EngineError as error:  # where pip itself cannot be had
        said = error.why
    assert "uv.toml" not in said
    assert not marker.exists(), marker.read_text()


@pytest.mark.long
def test_spark_on_this_machine_loads_nothing_of_the_working_folder(tmp_path: Path) -> None:
    if not artefacts.java():
        not_available("Java 17 is not on this machine")
    marker = plant(tmp_path, ("socket", "struct", "pickle", "queue", "numpy"))
    ask = "from types import SimpleNamespace as S\nfrom gluepot.loader.engines import sparksession\n"
    ask += "file = S(spark=S(master='local[1]', conf={}), source=S(keyspace='shop'))\n"
    ask += "with sparksession.session(file) as spark: print(spark.sparkContext.parallelize([20, 22], 1).sum())"
    environment = {**os.environ, "PYTHONPATH": ":"}
    started = [sys.executable, "-P", "-c", f"import sys; sys.path.remove({str(tmp_path)!r})\n{ask}"]
    done = subprocess.run(started, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert not marker.exists(), marker.read_text()
    assert done.stdout.strip() == "42", done.stderr


def test_a_path_has_no_empty_entry_none_for_the_working_folder_and_gluepots_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "relative", str(tmp_path), "/lib", "."])
    assert children.path() == [str(tmp_path / "relative"), "/lib", children.HOME]
    assert (Path(children.HOME) / "gluepot" / "host" / "children.py").is_file()
    monkeypatch.setenv("PYTHONPATH", f":{tmp_path}:relative:.:/lib")
    assert children.variable() == {"PYTHONPATH": "relative:/lib"}


def test_every_python_that_the_sources_start_leaves_the_working_folder_out() -> None:
    starts = re.compile(r"\[\s*sys\.executable|\*\(\s*sys\.executable|\[python, \"-[cm]")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for top in (ROOT / "src", ROOT / "packages")
        for path in sorted(top.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if starts.search(line) and '"-P"' not in line
    ]
    assert found == []
