"""collect, push and run, as a scheduler starts them."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.cli import SECRETS, next_second

from gluepot.cli.reporting import OF_MARKS
from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from tests.support.cli import Home

EPOCH = "1970-01-01 00:00:00"


@pytest.fixture
def home(home: Home) -> Home:
    """A catalog with two tables."""
    home.create("sales", "items")
    return home


def deny(home: Home, database: str, operation: str = "GetTables") -> None:
    home.aws.add(faults=[emulator.Fault(emulator.FaultKind.DENIED, operation=operation, database=database)])


def test_a_run_collects_pushes_and_moves_the_mark(home: Home) -> None:
    told = home.json("run", "-c", "c.json", process=True)
    (run,) = told["collected"]["runs"]
    assert told["exit_code"] == 0
    assert (run["full"], run["complete"], run["start"]) == (True, True, EPOCH)
    assert told["pushed"]["marks"] == [{"name": "glue", "start": EPOCH, "end": run["end"]}]
    assert home.mark == run["end"]
    names = [*(file["name"] for file in run["files"]), run["manifest"]]
    assert sorted(home.landed()) == sorted(f"lz/{name}" for name in names)
    assert home.files("output/pushed") == sorted(names)
    assert home.files() == [".gluepot.lock"]


def test_the_second_run_sends_only_what_changed(home: Home) -> None:
    home.ok("run", "-c", "c.json")
    next_second()
    home.create("sales", "returns")
    home.aws.client("glue").delete_table(DatabaseName="sales", Name="items")
    (run,) = home.json("run", "-c", "c.json")["collected"]["runs"]
    assert not run["full"]
    assert (run["counts"]["created"], run["counts"]["deleted"]) == (1, 1)


def test_collect_and_push_apart_do_what_run_does(home: Home) -> None:
    told = home.run("collect", "-c", "c.json", process=True)
    assert told.returncode == 0
    assert home.mark == ""
    assert "next: gluepot push -c c.json" in told.stderr
    assert "2 listed" in told.stdout
    moved = home.json("push", "-c", "c.json", process=True)["marks"]
    assert [move["end"] for move in moved] == [home.mark]
    assert home.json("push", "-c", "c.json") == {"exit_code": 0, "runs": [], "marks": []}


def test_run_pushes_first_what_an_earlier_run_left(home: Home) -> None:
    home.ok("collect", "-c", "c.json")
    next_second()
    told = home.json("run", "-c", "c.json")
    (pending,) = told["pending"]["runs"]
    (run,) = told["collected"]["runs"]
    assert pending["status"] == "pushed"
    assert run["start"] == pending["end"], "the mark had moved before anything was compared"
    assert not run["full"]


def test_since_full_and_publish(home: Home) -> None:
    told = home.json("collect", "-c", "c.json", "--publish")
    end = told["runs"][0]["end"]
    assert told["mark"] == {"name": "glue", "start": EPOCH, "end": end}
    assert home.mark == end
    next_second()
    assert not home.json("collect", "-c", "c.json", "--since", end.replace(" ", "T") + "Z")["runs"][0]["full"]
    next_second()
    assert home.json("collect", "-c", "c.json", "--full")["runs"][0]["full"]
    next_second()
    old = home.run("collect", "-c", "c.json", "--since", "2001-02-03 04:05:06")
    assert "warning: there is no generation for the mark 2001-02-03 04:05:06" in old.stderr
    assert "full snapshot" in old.stdout


def test_a_name_keeps_marks_of_its_own(home: Home) -> None:
    home.ok("run", "-c", "c.json", "-n", "nightly")
    assert home.mark == ""
    assert (home.folder / "nightly_hwm.txt").exists()


def test_a_denied_database_is_named_with_its_action_and_the_rest_is_pushed(home: Home) -> None:
    home.create("secretive", "plans")
    deny(home, "secretive")
    done = home.run("run", "-c", "c.json")
    assert done.returncode == 3
    assert "INCOMPLETE" in done.stdout
    assert "glue:GetTables on arn:aws:glue:us-east-1:123456789012:" in done.stdout
    assert home.mark
    assert home.landed()


def test_fail_pushes_nothing_and_leaves_the_mark_until_a_complete_run(home: Home) -> None:
    home.configure(on_incomplete="fail")
    deny(home, "sales")
    home.create("other", "one")
    told = home.json("run", "-c", "c.json", code=3)
    assert [run["status"] for run in told["pushed"]["runs"]] == ["withheld"]
    assert (home.mark, home.landed()) == ("", [])
    published = home.run("collect", "-c", "c.json", "--publish")
    assert (published.returncode, home.mark) == (3, "")
    assert "the mark has not moved" in published.stderr
    home.aws.change(faults=[])
    next_second()
    told = home.json("run", "-c", "c.json")
    assert sorted(run["status"] for run in told["pushed"]["runs"]) == ["pushed", "superseded", "superseded"]
    assert home.mark == told["collected"]["runs"][0]["end"]


def test_nothing_reachable_is_4_and_leaves_nothing(home: Home) -> None:
    home.aws.add(faults=[emulator.Fault(emulator.FaultKind.DENIED, operation="Get*", service="glue")])
    told = home.json("run", "-c", "c.json", code=4)
    assert told["error"]["kind"] == "UnreachableError"
    assert "gluepot check" in told["error"]["hint"]
    assert home.files() == [".gluepot.lock"]


def test_a_second_run_at_once_is_5(home: Home) -> None:
    home.aws.change(latency_ms=1500)
    first = subprocess.Popen(
        home.command("run", "-c", "c.json"),
        cwd=home.folder,
        env=home.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert first.stderr
    assert first.stderr.readline().startswith("reading")
    for command in ("run", "collect", "push"):
        second = home.run(command, "-c", "c.json", process=True)
        assert second.returncode == 5, second.stderr
        assert "error: another run is at work on the mark" in second.stderr
        assert f"process {first.pid}" in second.stderr
        other = home.run(command, "-c", "c.json", "-n", "other")
        assert "error: another run is writing to output" in other.stderr
    with first.stderr:
        assert first.wait(60) == 0


@pytest.mark.parametrize("output", ["text", "json"])
def test_ctrl_c_is_130_and_leaves_nothing_half_written(home: Home, output: str) -> None:
    """The whole process group gets the signal, as from a terminal; the reading process stays silent."""
    home.aws.change(latency_ms=2000)
    process = subprocess.Popen(
        home.command("run", "-c", "c.json", "--output", output),
        cwd=home.folder,
        env=home.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # tests that run in a shell's background are started with the signal ignored, and would pass that on
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one thread, one call
    )
    assert process.stderr
    first = process.stderr.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert f"interrupted: {OF_MARKS}" in rest
    assert "Traceback" not in first + rest
    assert home.files() == [".gluepot.lock"]
    assert [path.name for path in (home.folder / "output").iterdir()] == [".gluepot.lock"]
    assert home.mark == ""


def test_a_landing_that_refuses_is_3_and_the_next_push_goes_on(home: Home) -> None:
    home.configure(landing={"url": "s3://no-such-bucket/lz"})
    done = home.run("run", "-c", "c.json")
    assert done.returncode == 3
    assert "error: cannot send METADATA_" in done.stderr
    assert "hint: " in done.stderr
    assert home.mark == ""
    home.configure()
    assert home.json("push", "-c", "c.json")["marks"][0]["end"] == home.mark


def test_a_file_landing_works_as_well(home: Home) -> None:
    home.configure(landing={"url": str(home.folder / "lz")})
    home.ok("run", "-c", "c.json")
    assert home.files("lz") == home.files("output/pushed")


def accounts(home: Home, **more: Any) -> None:
    """Two servers, each reached with a role of an account of its own."""
    roles = [f"arn:aws:iam::{number}:role/r" for number in ("111111111111", "222222222222")]
    entries = [
        {"server": server, "role": role, "external_id": SECRETS[2]} for server, role in zip("ab", roles, strict=True)
    ]
    home.configure(server=None, accounts=entries, **more)


def test_each_server_has_its_folder_here_and_at_the_landing(home: Home) -> None:
    accounts(home)
    told = home.json("run", "-c", "c.json")
    assert [run["server"] for run in told["collected"]["runs"]] == ["a", "b"]
    assert {key.split("/")[1] for key in home.landed()} == {"a", "b"}
    assert len(told["pushed"]["marks"]) == 1
    assert home.mark == told["collected"]["runs"][0]["end"]


def test_the_mark_waits_for_the_last_server(home: Home) -> None:
    """One server's landing refuses: the other's files are there, the mark moves only after both are."""
    accounts(home, landing={"url": str(home.folder / "lz")})
    blocked = home.folder / "lz" / "b"
    blocked.parent.mkdir()
    blocked.write_text("a file, where a folder is needed")
    assert home.run("run", "-c", "c.json").returncode == 3
    assert home.files("lz/a")
    assert home.mark == ""
    blocked.unlink()
    (move,) = home.json("push", "-c", "c.json")["marks"]
    assert move["end"] == home.mark


def test_fail_withholds_every_server_of_a_run(home: Home) -> None:
    accounts(home, on_incomplete="fail")
    fault = emulator.Fault(emulator.FaultKind.DENIED, operation="GetDatabases", account="222222222222")
    home.aws.add(faults=[fault])
    told = home.json("run", "-c", "c.json", code=3)
    assert {run["server"]: run["status"] for run in told["pushed"]["runs"]} == {"a": "withheld", "b": "withheld"}
    assert (home.landed(), home.mark) == ([], "")


def test_redacted_passwords_are_counted_and_not_shown(home: Home) -> None:
    url = f"jdbc:mysql://h/db?user=u&password={SECRETS[1]}"
    home.create("sales", "leaky", Parameters={"url": url})
    assert "1 credential (1 password)" in home.ok("run", "-c", "c.json", "--debug")
    for path in (home.folder / "output" / "pushed").iterdir():
        assert SECRETS[1] not in path.read_text()


def test_hostile_names_reach_the_terminal_escaped(home: Home) -> None:
    name = "x\x1b[2J[red]\u202e"
    body = json.dumps({"Name": name, "CatalogId": "123456789012"}).encode()
    home.aws.add(raw_databases=[emulator.RawDatabase(body=body, name=name)])
    deny(home, "x*")
    done = home.run("collect", "-c", "c.json")
    status = home.ok("status", "-c", "c.json")
    assert done.returncode == 3
    assert r"x\x1b[2J[red]\u202e" in done.stdout
    for text in (done.stdout, done.stderr, status):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_a_closed_pipe_is_no_failure(home: Home) -> None:
    process = subprocess.Popen(
        home.command("run", "-c", "c.json"),
        cwd=home.folder,
        env=home.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0, told
    assert "Traceback" not in told
    assert "BrokenPipe" not in told
    assert home.mark


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "< /dev/null >&- 2>&-"])
def test_closed_streams_are_no_failure(home: Home, redirection: str) -> None:
    command = f"exec {' '.join(home.command('run', '-c', 'c.json'))} {redirection}"
    done = subprocess.run(["sh", "-c", command], cwd=home.folder, env=home.environment(), check=False, timeout=60)
    assert done.returncode == 0
    assert home.mark


def test_an_answer_that_cannot_be_printed_is_told(home: Home) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            home.command("run", "-c", "c.json"),
            cwd=home.folder,
            env=home.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, "error: the answer could not be printed" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_terminal_of_80_columns_shows_bars_and_no_longer_line(home: Home) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        home.command("run", "-c", "c.json"),
        cwd=home.folder,
        env=home.environment(COLUMNS="80", TERM="xterm-256color"),
        stdout=slave,
        stderr=slave,
        close_fds=True,
    )
    os.close(slave)
    printed = _read_all(master)
    assert process.wait(60) == 0
    assert "pushing" in printed
    assert "\x1b[1m" in printed
    for line in _visible(printed).splitlines():
        assert len(line) <= 80, line


def _read_all(descriptor: int) -> str:
    parts = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # Linux's way to say that the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts).decode()


def _visible(printed: str) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", printed).replace("\r", "\n")


def test_a_log_has_lines_and_no_bars(home: Home) -> None:
    done = home.run("run", "-c", "c.json")
    assert "\x1b" not in done.stdout + done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["reading", "read", "pushing", "pushed", "pushed"]


def test_a_command_ends_at_once_with_all_of_its_output(home: Home) -> None:
    """What would be taken apart with the interpreter is not; what is left to do at the end is done, and written."""
    script = (
        "import atexit, os, runpy, sys\n"
        "class Last:\n    def __del__(self): os.write(1, b'taken apart')\n"
        "last = Last()\n"
        "atexit.register(lambda: sys.stdout.write('at the end'))\n"
        "sys.argv = ['gluepot', 'config', 'schema']\n"
        "runpy.run_module('gluepot', run_name='__main__')\n"
    )
    command = [home.command()[0], "-c", script]
    environ = {**home.environment(), "PYTHONUNBUFFERED": ""}
    done = subprocess.run(command, cwd=home.folder, env=environ, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("{")
    assert done.stdout.endswith("at the end")


def test_the_command_never_loads_what_it_does_not_need(home: Home) -> None:
    """Botocore belongs to the reading process; the others to landings, masking, formats and help."""
    script = (
        "import atexit, sys, json, runpy\n"
        "heavy = {'botocore', 'boto3', 'obstore', 'sqlglot', 'pyarrow', 'rich', 'pydantic', 'asyncio'}\n"
        "atexit.register(lambda: print(json.dumps(sorted(heavy & set(sys.modules)))))\n"
        "sys.argv = ['gluepot', 'collect', '-c', 'c.json']\n"
        "runpy.run_module('gluepot', run_name='__main__')\n"
    )
    done = subprocess.run(
        [home.command()[0], "-c", script],
        cwd=home.folder,
        env=home.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_no_process_is_left_behind_after_a_usage_error(home: Home) -> None:
    """The reading process is started before the options are understood, and ended where they are not."""
    for arguments, told in ((["--no-such-option"], "No such option"), (["-c", "none.json"], "no configuration file")):
        process = subprocess.Popen(
            home.command("collect", *arguments),
            cwd=home.folder,
            env=home.environment(),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        _, printed = process.communicate(timeout=60)
        assert process.returncode == 2
        assert told in printed
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
