"""The demo, run as somebody runs it: it tells the flow, leaves the files, and keeps what was planted to itself."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gluepot.collector.extract.manifest import find_manifests, read_manifest
from gluepot.errors import MissingExtraError, OutputError
from gluepot_sandbox.demo import folder, loading, planted, sample, story
from gluepot_sandbox.demo.screen import Screen

if TYPE_CHECKING:
    from gluepot.collector.extract.manifest import Manifest

ROOT = Path(__file__).parents[2]
COLUMNS = 80
LOADED = (
    "1. A real Cassandra, and the walkthrough's sample in it",
    "2. The plan: what becomes of it, before anything is touched",
    "3. The load: read, stage, one snapshot for each table",
    "4. The proof: lake and source, range by range",
    "5. The tables, queried",
)
LEFT_OUT = ("1. A Cassandra keyspace becomes tables",)
COLLECTED = (
    "A Glue catalog, made by real clients",
    "The configuration",
    "Check first: access, folder, landing, mark",
    "The first run: collect, push, move the mark",
    "What was kept back",
    "The catalog changes",
    "The second run: only the change",
    "Where everything lies",
    "What to type next",
)
GLUEPOT = (sys.executable, "-m", "gluepot")


def environment() -> dict[str, str]:
    """Give the demo the environment of somebody who works with AWS: nothing of it may matter."""
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "TERM"}}
    return kept | {
        "PYTHONPATH": str(ROOT / "src"),
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "a-token-of-somebody",
        "AWS_ENDPOINT_URL_GLUE": "http://127.0.0.1:9",
        "AWS_REGION": "us-east-1",
    }


def in_a_terminal(here: Path) -> tuple[int, str, str]:
    """Run the demo in a terminal of 80 columns, its JSON piped: exit code, what the terminal was sent, the JSON."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    environ = environment() | {"TERM": "xterm-256color"}
    command = [*GLUEPOT, "demo", "--output", "json"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=environ, cwd=here
    ) as process:
        os.close(theirs)
        sent = b""
        while chunk := _read(ours):
            sent += chunk
        answer = process.stdout.read() if process.stdout else b""
    os.close(ours)
    return process.returncode, sent.decode(), answer.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's word for the end of a terminal that nobody holds open any more
        return b""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which the demo is called."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def home(here: Path) -> Path:
    """The folder that the demo makes."""
    return here / "gluepot-demo"


@pytest.fixture(scope="module")
def told(here: Path) -> subprocess.CompletedProcess[str]:
    """The demo's first run, piped."""
    return gluepot(here, "demo")


def gluepot(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*GLUEPOT, *arguments]
    return subprocess.run(command, env=environment(), cwd=here, capture_output=True, text=True, check=False)


def runs(home: Path) -> list[Manifest]:
    return [read_manifest(path) for path in find_manifests(home / "output" / "pushed")]


def rows(home: Path, manifest: Manifest, family: str) -> list[dict[str, str]]:
    (entry,) = [entry for entry in manifest.files if entry.family == family]
    with (home / "output" / "pushed" / entry.name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="|"))


def test_it_tells_the_flow_and_every_claim_holds(told: subprocess.CompletedProcess[str]) -> None:
    assert (told.returncode, told.stderr) == (0, "")
    before = LEFT_OUT if loading.missing() else LOADED
    headings = [*before, *(f"{number}. {title}" for number, title in enumerate(COLLECTED, len(before) + 1))]
    places = [told.stdout.find(heading) for heading in headings]
    assert -1 not in places
    assert places == sorted(places)
    assert "NOT SO" not in told.stdout
    assert re.search(r"All (\d+) claims above were checked", told.stdout)


def test_it_is_plain_and_fits_80_columns_where_it_is_piped(told: subprocess.CompletedProcess[str]) -> None:
    assert "\x1b" not in told.stdout
    assert max(map(len, told.stdout.splitlines())) <= COLUMNS


def test_the_second_run_holds_only_the_change(told: subprocess.CompletedProcess[str], home: Path) -> None:
    assert told.returncode == 0
    first, second = runs(home)
    assert (first.full, second.full, second.start) == (True, False, first.end)
    changed = {row["NAME"]: row["CHANGE"] for row in rows(home, second, "METADATA") if row["OBJECT_TYPE"] != "COLUMN"}
    assert changed == {"titles": "UPDATED", "titles_by_country": "CREATED"}
    deleted = [row for row in rows(home, second, "EVENTS") if row["EVENT_TYPE"] == "DELETED"]
    assert [(row["OBJECT_ID"].rpartition("/")[2], row["EVIDENCE"]) for row in deleted] == [("titles_raw", "GetTable")]
    assert (home / "marks" / "glue_hwm.txt").read_text() == f"{second.end}\n"


def test_what_was_planted_is_nowhere(told: subprocess.CompletedProcess[str], home: Path) -> None:
    files = [path for path in home.rglob("*") if path.is_file()]
    texts = [told.stdout, told.stderr, *(path.read_bytes().decode("utf-8", "replace") for path in files)]
    assert len(files) > 10
    assert not [secret for secret in planted.PLANTED for text in texts if secret in text]
    assert planted.holders(home) == []


def test_the_commands_that_it_names_read_what_it_left(told: subprocess.CompletedProcess[str], here: Path) -> None:
    onward = told.stdout.partition("What to type next")[2].partition("For your own")[0]
    commands = re.findall(r"\$ gluepot (.+)", onward)
    assert [command.split()[0] for command in commands] == ["status", "hwm", "access"]
    for command in commands:
        done = gluepot(here, *command.split())
        assert (done.returncode, done.stdout != "") == (0, True), done.stderr
        assert not [secret for secret in planted.PLANTED if secret in done.stdout + done.stderr]


def test_planted_text_is_found_however_it_is_written(tmp_path: Path) -> None:
    import base64
    import gzip

    body = f"password={planted.PASSWORD}".encode()
    for number, form in enumerate((body, gzip.compress(body), *(base64.b64encode(b"?" * n + body) for n in range(3)))):
        (tmp_path / str(number)).write_bytes(form)
    (tmp_path / "clean").write_bytes(b"\x1f\x8bnot really gzip, password=***")
    assert [path.name for path in planted.holders(tmp_path)] == ["0", "1", "2", "3", "4"]


@pytest.mark.long
def test_it_runs_again_in_its_folder_and_fits_a_terminal(
    told: subprocess.CompletedProcess[str], here: Path, home: Path
) -> None:
    assert told.returncode == 0
    before = runs(home)
    (home / "left over").touch()
    code, sent, answer = in_a_terminal(here)
    assert code == 0, sent
    assert json.loads(answer)["exit_code"] == 0
    assert not (home / "left over").exists()
    assert len(runs(home)) == len(before)
    assert runs(home)[0].end > before[-1].end
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent)
    assert "\x1b[" in sent
    assert max(len(line) for line in re.split(r"[\r\n]+", plain)) <= COLUMNS
    assert not [secret for secret in planted.PLANTED if secret in plain]


def test_a_claim_that_does_not_hold_fails_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.claim("water is wet", holds=True)
    assert story.end(screen, 1.0) == 0
    screen.claim("one table is gone", holds=False, found=["two"])
    assert story.end(screen, 1.0) == 1
    said = capsys.readouterr().out
    assert "NOT SO: one table is gone (found: ['two'])" in said
    assert "1 of 2 claims did not hold" in said


def test_without_its_packages_it_names_the_command_that_adds_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(story, "_EXTRA", ("moto", "installed_by_nobody"))
    with pytest.raises(MissingExtraError) as caught:
        story.main(tmp_path / "demo")
    assert caught.value.hint == "in a checkout: pip install packages/gluepot-sandbox"
    assert not (tmp_path / "demo").exists()


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "link").symlink_to(tmp_path)
    for path in (tmp_path, tmp_path / "thesis.txt", tmp_path / "link"):
        with pytest.raises(OutputError, match="demo"):
            folder.fresh(path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_empty_folder_becomes_the_demos(tmp_path: Path) -> None:
    assert folder.fresh(tmp_path) == tmp_path
    (tmp_path / "file").touch()
    folder.fresh(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [folder.MARKER]


def test_the_sample_has_what_real_files_have() -> None:
    frame = sample.raw_titles()
    assert list(frame.columns) == [
        "show_id", "type", "title", "director", "cast", "country",
        "date_added", "release_year", "rating", "duration", "listed_in", "description",
    ]  # fmt: skip
    assert frame["show_id"].is_unique
    assert len(frame) == 120
    text = "".join(frame.stack())
    assert all(ch in text for ch in ',"éÖ½')
    assert (frame["director"] == "").any()
    assert sample.curated_titles()["release_year"].between(1990, 2030).all()
