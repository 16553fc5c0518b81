"""The demo, run as somebody runs it: it tells the flow, leaves the files, and keeps what was planted to itself."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from gluepot.collector.extract.manifest import find_manifests, read_manifest
from gluepot_sandbox import cassandra
from gluepot_sandbox.catalog import planted, titles
from gluepot_sandbox.demo import story
from gluepot_sandbox.demo.screen import Screen
from gluepot_sandbox.demo.shell import Shell

if TYPE_CHECKING:
    from gluepot.collector.extract.manifest import Manifest

ROOT = Path(__file__).parents[2]
COLUMNS = 80
LOADED = (
    "1. A keyspace of Cassandra, with the walkthrough's sample in it",
    "2. The plan: what becomes of it, before anything is touched",
    "3. The load: read, stage, one snapshot for each table",
    "4. The proof: lake and source, range by range",
    "5. The tables, queried",
)
LEFT_OUT = ("1. A Cassandra keyspace becomes tables",)
COLLECTED = (
    "A Glue catalog, made by real clients",
    "The configuration, and a check: access, folder, landing, mark",
    "The first run: collect, push, move the mark",
    "What was kept back",
    "The catalog changes",
    "The second run: only the change",
    "Where everything lies",
)
COMMANDS = ("source sample", "load plan", "load run", "load verify --rescan", "query", "check", "run", "run", "status")
SUMMARY = ("loaded", "collected", "changed", "files", "read on", "try it", "yours", "All")
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
    """The demo's first run, piped: told to its end, then kept up until a command was tried on it, and ctrl-C."""
    paths = here / "stdout", here / "stderr"
    with paths[0].open("w") as out, paths[1].open("w") as err:
        command = [*GLUEPOT, "demo", "--keep"]
        with subprocess.Popen(command, cwd=here, env=environment(), stdout=out, stderr=err) as process:
            try:
                while process.poll() is None and "ctrl-C ends it here" not in paths[1].read_text():
                    time.sleep(0.2)
                if process.poll() is None:
                    check_in_a_second_terminal(here, paths[0].read_text().rpartition("\nunset ")[2])
            finally:
                process.send_signal(signal.SIGINT)
    return subprocess.CompletedProcess(command, process.returncode, *(path.read_text() for path in paths))


def check_in_a_second_terminal(here: Path, exports: str) -> None:
    script = f'unset {exports}\n"{sys.executable}" -m gluepot check -c gluepot-demo/gluepot.toml'
    done = subprocess.run(
        ["bash", "-c", script], cwd=here, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
    assert (told.returncode, "the folder stays" in told.stderr) == (0, True)
    before = LEFT_OUT if cassandra.unavailable() else LOADED
    headings = [*before, *(f"{number}. {title}" for number, title in enumerate(COLLECTED, len(before) + 1))]
    places = [told.stdout.find(heading) for heading in headings]
    assert -1 not in places
    assert places == sorted(places)
    assert "NOT SO" not in told.stdout
    assert re.search(r"All (\d+) claims above were checked", told.stdout)


def test_it_is_plain_where_it_is_piped_and_ends_with_eight_lines(told: subprocess.CompletedProcess[str]) -> None:
    assert "\x1b" not in told.stdout
    story = told.stdout.partition("\nunset ")[0]
    lines = story.rpartition("\n\n")[2].splitlines()
    assert [line.startswith(word) for line, word in zip(lines, SUMMARY, strict=True)] == [True] * 8


def test_its_commands_print_what_they_print(told: subprocess.CompletedProcess[str], here: Path) -> None:
    commands = re.findall(r"^\$ gluepot (.+)$", told.stdout, re.MULTILINE)
    if not cassandra.unavailable():
        assert [command.startswith(wanted) for command, wanted in zip(commands, COMMANDS, strict=True)] == [True] * 9
    status = commands[-1]
    done = gluepot(here, *status.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert f"$ gluepot {status}\n{done.stdout}" in told.stdout


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
    assert "\x1b[1mviewings: what the rows went through\x1b[0m" in sent or cassandra.unavailable()
    assert "gluepot run ..." in plain
    assert not [secret for secret in planted.PLANTED if secret in plain]


def test_a_claim_that_does_not_hold_fails_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.claim("water is wet", holds=True)
    assert story.verdict(screen, 1.0) == 0
    screen.claim("one table is gone", holds=False, found=["two"])
    assert story.verdict(screen, 1.0) == 1
    said = capsys.readouterr().out
    assert "NOT SO: one table is gone (found: ['two'])" in said
    assert "1 of 2 claims did not hold" in said


def test_a_command_is_passed_on_with_its_exit_code_through_a_pipe(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import sys; print('é', sys.stdout.isatty()); print('why', file=sys.stderr); sys.exit(3)"
    done = Shell(Screen(), {**os.environ, "PYTHONUNBUFFERED": "1"}).run(shlex.join([sys.executable, "-c", code]))
    assert (done.code, done.text) == (3, "é False\nwhy\n")
    assert "é False\nwhy\n" in capfd.readouterr().out


def test_on_a_terminal_a_command_has_one_as_wide_and_a_spinner_turns_while_it_is_quiet() -> None:
    sent = io.StringIO()
    screen = Screen(Console(file=sent, force_terminal=True, width=57, record=True, color_system="standard"))
    code = (
        "import os, sys, time; print(os.get_terminal_size().columns, sys.stdout.isatty(), flush=True); time.sleep(1.2)"
    )
    done = Shell(screen, os.environ).run(shlex.join([sys.executable, "-c", code]))
    assert done.text == "57 True\n"
    assert "57 True\r\n" in sent.getvalue()
    assert f"{sys.executable} ..." in sent.getvalue()


def test_no_spinner_is_drawn_into_what_a_command_is_drawing() -> None:
    sent = io.StringIO()
    screen = Screen(Console(file=sent, force_terminal=True, width=57, record=True, color_system="standard"))
    code = "import time; print('\\x1b[?25l10 %', flush=True); time.sleep(1.2)"
    Shell(screen, os.environ).run(shlex.join([sys.executable, "-c", code]))
    _, _, behind = sent.getvalue().partition("10 %")
    assert "..." not in behind


def test_the_sample_has_what_real_files_have() -> None:
    frame = titles.raw_titles()
    assert list(frame.columns) == [
        "show_id", "type", "title", "director", "cast", "country",
        "date_added", "release_year", "rating", "duration", "listed_in", "description",
    ]  # fmt: skip
    assert frame["show_id"].is_unique
    assert len(frame) == 120
    text = "".join(frame.stack())
    assert all(ch in text for ch in ',"éÖ½')
    assert (frame["director"] == "").any()
    assert titles.curated_titles()["release_year"].between(1990, 2030).all()
