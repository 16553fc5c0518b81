"""A push that is killed at any instant and run again ends as if nothing had happened."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.azurite.server import KEY
from tests.support.landings import ACCESS_KEY, SECRET_KEY, contents, opener
from tests.support.runs import FIRST, SECOND, stage

from gluepot.collector.hwm import EPOCH, Marks
from gluepot.errors import LandingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.landings import Case

ROOT = Path(__file__).parents[2]

# two runs of three files and a manifest are eight files and two runs; each file, manifest and mark is one rename, and
# each manifest one more on a write-only landing, where a copy of it notes that it was sent
MOMENTS = {
    "local": [
        "file:1",
        "file:3",
        "file:4",
        "file:5",
        "file:8",
        "run:1",
        "run:2",
        *(f"rename:{n}" for n in range(1, 11)),
    ],
    "s3": ["file:1", "file:4", "run:1", "rename:3", "file:8"],
    "azure key": ["file:3", "file:4", "rename:5"],
    "azure write-only": ["file:1", "file:4", "run:1", "file:8", *(f"rename:{n}" for n in range(1, 7))],
}

BEFORE_IT_WAS_NOTED = {f"rename:{n}" for n in range(1, 5)}
"""On the write-only landing: the file, or the manifest, has arrived, and nothing in the folder says so yet."""


@pytest.fixture(scope="module")
def open_case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[pytest.MonkeyPatch], Case]]:
    with opener(request.param, tmp_path_factory.mktemp("landing")) as opened:
        yield opened


@pytest.fixture
def case(open_case: Callable[[pytest.MonkeyPatch], Case], monkeypatch: pytest.MonkeyPatch) -> Case:
    return open_case(monkeypatch)


def run(case: Case, folder: Path, moment: str) -> subprocess.CompletedProcess[str]:
    access = {"TEST_KEY": ACCESS_KEY, "TEST_SECRET": SECRET_KEY} if case.kind == "s3" else {}
    if case.kind == "azure key":
        access = {"TEST_ACCOUNT_KEY": KEY}
    if case.kind == "azure write-only":
        access = {"TEST_SAS": case.secrets[0]}
    environ = {**os.environ, **access, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.support.runs", str(folder), case.url, str(folder.parent / "marks"), moment]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=ROOT, timeout=120)


@pytest.mark.parametrize(
    ("open_case", "moment"),
    [(kind, moment) for kind, moments in MOMENTS.items() for moment in moments],
    indirect=["open_case"],
    scope="module",
)
def test_killed_and_run_again_each_object_is_there_once(case: Case, tmp_path: Path, moment: str) -> None:
    output = tmp_path / "output"
    staged = {**stage(output, EPOCH, FIRST), **stage(output, FIRST, SECOND)}

    killed = run(case, output, moment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    check_nothing_half_done(case, tmp_path)

    if not case.readable and moment in BEFORE_IT_WAS_NOTED:
        follow_the_hint(case, output)
    again = run(case, output, "never")
    assert again.returncode == 0, again.stderr
    assert contents(case) == staged
    # a kill inside an atomic write leaves its hidden temporary file, which nothing ever names or sends
    assert sorted(path.name for path in (output / "pushed").glob("[!.]*")) == sorted(staged)
    assert [path.name for path in output.iterdir()] == ["pushed"]
    assert Marks.at(tmp_path / "marks").read("glue") == SECOND
    for secret in case.secrets:
        assert secret not in killed.stdout + killed.stderr + again.stdout + again.stderr


def follow_the_hint(case: Case, output: Path) -> None:
    """Nobody can read this landing, so nobody can tell whose object that is: it is said, with what to do."""
    stuck = run(case, output, "never")
    assert stuck.returncode == LandingError.exit_code
    found = re.search(r"(\w+\.\w+) is already at .*, unverified \(exists, cannot be read\)", stuck.stderr)
    assert found
    assert f"copy {found[1]} to the folder 'pushed'" in stuck.stderr
    (output / "pushed").mkdir(exist_ok=True)
    shutil.copy(output / found[1], output / "pushed" / found[1])


def check_nothing_half_done(case: Case, folder: Path) -> None:
    """After a kill, a manifest at the landing has all its files there, and the mark covers only such runs."""
    there = contents(case)
    for end in (FIRST, SECOND):
        digits = end[:10].replace("-", "")
        if f"MANIFEST_{digits}000000.json" in there:
            assert len([name for name in there if digits in name]) == 4
        elif Marks.at(folder / "marks").read("glue") >= end:
            pytest.fail(f"the mark stands at {end}, which was not pushed")
