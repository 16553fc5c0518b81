"""The sandbox as somebody uses it: it starts, its commands work word for word, and nothing is left at its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.availability import not_available

from gluepot.cli.start import sandboxing
from gluepot.errors import MissingExtraError, OutputError
from gluepot_sandbox import aws, cassandra, folder

if TYPE_CHECKING:
    from collections.abc import Iterator

GLUEPOT = (sys.executable, "-m", "gluepot")
READY = "ctrl-C ends it here"


@dataclass
class Running:
    """A sandbox that is up, in text: what it printed, and the folder in which it was called."""

    process: subprocess.Popen[str]
    here: Path
    exports: str
    told: str


def environment() -> dict[str, str]:
    """Give the environment of somebody who works with AWS: none of it may matter."""
    return {**os.environ, "AWS_PROFILE": "production", "AWS_ENDPOINT_URL_GLUE": "http://127.0.0.1:9"}


def begin(here: Path, *options: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*GLUEPOT, "sandbox", *options],
        cwd=here,
        env=environment() | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def heard(process: subprocess.Popen[str], ready: str) -> str:
    """Read what it says until a line that holds some words, or to its end."""
    said = ""
    assert process.stderr is not None
    while ready not in said and (line := process.stderr.readline()):
        said += line
    return said


def children(pid: int) -> dict[int, str]:
    """List the processes below a process, with their commands."""
    ps = ["ps", "-e", "-ww", "-o", "pid=,ppid=,args="]
    listed = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    found: dict[int, str] = {}
    parents = {pid}
    while parents:
        below = {int(row[0]): row[2] for row in rows if int(row[1]) in parents}
        found |= below
        parents = set(below)
    return found


def gone(pids: dict[int, str]) -> dict[int, str]:
    """Wait until processes have ended; gives those that have not."""
    end = time.monotonic() + 60
    left = pids
    while left and time.monotonic() < end:
        time.sleep(0.1)
        left = {pid: command for pid, command in left.items() if _lives(pid)}
    return left


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A whole sandbox; the last test of this file ends it. In `make test` the tutorial is read over one, to its end."""
    if why := cassandra.unavailable():
        not_available(why)
    here = tmp_path_factory.mktemp("here")
    process = begin(here)
    told = heard(process, READY)
    assert READY in told, told
    exports = ""
    assert process.stdout is not None
    while not exports.rpartition("export ")[2].startswith("CASSANDRA_PASSWORD="):
        exports += process.stdout.readline()
    yield Running(process, here, exports, told)
    process.kill()
    process.communicate()


def shell(running: Running, *commands: str) -> subprocess.CompletedProcess[str]:
    """Type commands into a second terminal, in which the exports were pasted."""
    gluepot = f'gluepot() {{ "{sys.executable}" -m gluepot "$@"; }}'
    script = "\n".join(["set -e", running.exports, gluepot, *commands])
    return subprocess.run(
        ["bash", "-c", script], cwd=running.here, env=environment(), capture_output=True, text=True, check=False
    )


@pytest.mark.long
def test_the_four_commands_run_as_they_are_printed(running: Running) -> None:
    commands = re.findall(r"^  (gluepot .+)$", running.told, re.MULTILINE)
    assert [command.partition(" -c ")[0] for command in commands] == [
        "gluepot check",
        "gluepot run",
        "gluepot load plan",
        "gluepot load run",
    ]
    done = shell(running, *commands)
    assert done.returncode == 0, done.stderr
    assert "tables     6 listed" in done.stdout
    assert re.search(r"^movies_and_tv +120 +120 ", done.stdout, re.MULTILINE)
    kept_back = ("Kestrel-47-gannet", "osprey.Dune.1893")
    assert not [secret for secret in kept_back if secret in done.stdout + done.stderr]


@pytest.mark.long
def test_the_password_is_in_an_export_and_in_no_file(running: Running) -> None:
    (password,) = re.findall(r"^export CASSANDRA_PASSWORD=(\S+)$", running.exports, re.MULTILINE)
    assert password not in running.told
    written = [path.read_bytes() for path in running.here.rglob("*") if path.is_file()]
    assert len(written) >= 3
    assert not [body for body in written if password.encode() in body]


def test_a_second_sandbox_is_kept_out_of_its_folder(tmp_path: Path) -> None:
    second = f"from gluepot_sandbox import folder\nfolder.fresh(folder.Path({str(tmp_path)!r})).__enter__()"
    with folder.fresh(tmp_path):
        (tmp_path / "gluepot.toml").touch()
        done = subprocess.run([sys.executable, "-c", second], capture_output=True, text=True, check=False)
        assert "OutputError: another sandbox is up" in done.stderr
        assert (tmp_path / "gluepot.toml").exists()


@pytest.mark.long
def test_ctrl_c_ends_it_with_0_and_nothing_is_left(running: Running) -> None:
    below = children(running.process.pid)
    assert any("CassandraDaemon" in command for command in below.values())
    running.process.send_signal(signal.SIGINT)
    _, said = running.process.communicate(timeout=60)
    assert (running.process.returncode, "the folder stays" in said) == (0, True)
    assert gone(below) == {}
    assert sorted(path.name for path in (running.here / "gluepot-sandbox").glob("*.toml")) == [
        "gluepot.toml",
        "load.toml",
    ]


def test_the_aws_alone_needs_no_java_answers_as_json_and_ends_at_sigterm(tmp_path: Path) -> None:
    process = begin(tmp_path, "--aws-only", "--folder", "s p", "--output", "json", PATH="/usr/bin:/bin", JAVA_HOME="")
    try:
        answer = json.loads("".join(_object(process)))
        assert list(answer["urls"]) == ["aws"]
        assert answer["files"] == {"config": "s p/gluepot.toml"}
        assert answer["environment"]["AWS_ENDPOINT_URL"] == answer["urls"]["aws"]
        assert answer["environment"]["AWS_SECRET_ACCESS_KEY"] == aws.SECRET_KEY, "what opens it is printed whole"
        assert "AWS_PROFILE" in answer["unset"]
        kept = {name: value for name, value in environment().items() if name not in answer["unset"]}
        code = f'gluepot() {{ "{sys.executable}" -m gluepot "$@"; }}; {answer["commands"][0]}'
        done = subprocess.run(
            ["bash", "-c", code], cwd=tmp_path, env=kept | answer["environment"], capture_output=True, check=False
        )
        assert (len(answer["commands"]), done.returncode) == (2, 0)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0


def _object(process: subprocess.Popen[str]) -> Iterator[str]:
    """Read lines until the one that closes the object."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if line == "}\n":
            return


def test_killed_while_it_starts_it_leaves_no_process_and_no_data(tmp_path: Path) -> None:
    if why := cassandra.unavailable():
        not_available(why)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = begin(tmp_path, TMPDIR=str(scratch))
    heard(process, "starting Apache Cassandra")
    below: dict[int, str] = {}
    while not any("CassandraDaemon" in command for command in below.values()):
        assert process.poll() is None
        below = children(process.pid)
    process.kill()
    process.communicate()
    assert gone(below) == {}
    assert list(scratch.glob("gluepot-cassandra-*")) == []


def test_without_maven_it_says_what_to_do_and_that_the_aws_alone_works(tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path), "JAVA_HOME": "", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    process = begin(tmp_path, **nothing)
    said, told = process.communicate(timeout=120)
    assert (process.returncode, said) == (2, "")
    assert "no Cassandra can be started here" in told
    assert re.search(r"apt-get install|Maven", told)
    assert "gluepot sandbox --aws-only" in told
    assert not (tmp_path / "gluepot-sandbox").exists()


@pytest.mark.parametrize("command", [sandboxing.sandbox, sandboxing.demo])
def test_without_the_package_its_command_is_named(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gluepot_sandbox", None)
    with pytest.raises(MissingExtraError) as caught:
        command()
    assert caught.value.hint == "in a checkout: pip install packages/gluepot-sandbox"


def test_a_folder_that_no_sandbox_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "link").symlink_to(tmp_path)
    for path in (tmp_path, tmp_path / "thesis.txt", tmp_path / "link"):
        with pytest.raises(OutputError, match="sandbox"), folder.fresh(path):
            pass
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_empty_folder_becomes_its_own_and_is_made_anew(tmp_path: Path) -> None:
    with folder.fresh(tmp_path) as made:
        assert made == tmp_path
        (tmp_path / "file").touch()
        (tmp_path / "below").mkdir()
        (tmp_path / "below" / "file").touch()
    with folder.fresh(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [folder.MARKER]
