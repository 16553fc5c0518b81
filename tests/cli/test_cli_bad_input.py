"""Bad input as the user meets it: a clear message, the right exit code, nothing lost and no traceback."""

from __future__ import annotations

import json
import re
import resource
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.support.cli import SECRETS, next_second

if TYPE_CHECKING:
    from tests.support.cli import Home


def refused(home: Home, *arguments: str, code: int = 2) -> str:
    """Run a command that must fail in three parts: what and why, and on its own line what to do."""
    done = home.run(*arguments)
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    assert [line for line in lines if line.startswith("error: ")], done.stderr
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not valid JSON"),
        ('{"regoins": ["us-east-1"]}', "regions"),
        ('{"regions": [], "regions": []}', "the key stands there twice"),
        ('{"regions": "us-east-1", "mask": "yes"}', "mask"),
        ('{"regions": []}', "regions"),
        ('{"regions": ["nowhere"]}', "nowhere"),
        ('{"regions": ["us-east-1"], "role": "arn:aws:iam::12:role/x"}', "role"),
        ('{"regions": ["us-east-1"], "server": "../../etc"}', "server"),
        ('{"regions": ["us-east-1"], "secret": "' + SECRETS[0] + '", "key": 5}', "key"),
    ],
)
def test_a_wrong_configuration_is_2_and_names_the_key(home: Home, text: str, told: str) -> None:
    (home.folder / "c.json").write_text(text)
    for command in ("collect", "check"):
        assert told in refused(home, command, "-c", "c.json")


def test_a_wrong_configuration_ends_the_process_with_2(home: Home) -> None:
    (home.folder / "c.json").write_text("{")
    done = home.run("collect", "-c", "c.json", process=True)
    assert (done.returncode, done.stdout, "is not valid JSON" in done.stderr) == (2, "", True)


def test_a_missing_file_is_2_and_says_how_to_get_one(home: Home) -> None:
    assert "hint: name the file with -c FILE, or write one with: gluepot init" in refused(
        home, "run", "-c", "none.toml"
    )


def test_no_landing_is_told_before_anything_is_read(home: Home) -> None:
    home.configure(landing=None)
    for command in ("run", "push"):
        assert "the key landing is missing" in refused(home, command, "-c", "c.json")
    home.configure(landing=None, server=None, accounts=[{"server": "a", "landing": {"url": "x"}}, {"server": "b"}])
    assert "accounts[1].landing" in refused(home, "run", "-c", "c.json")
    assert not home.aws.calls("GetDatabases", "glue")[1:]


def test_a_reference_that_leads_nowhere_names_the_reference(home: Home) -> None:
    home.configure(key="env:NOT_SET", secret="env:NOT_SET_EITHER")
    assert "env:NOT_SET" in refused(home, "collect", "-c", "c.json")


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "x\x1b[2J"])
def test_a_name_with_path_or_control_characters_is_2(home: Home, name: str) -> None:
    text = refused(home, "collect", "-c", "c.json", "-n", name, "--since", "2020-01-01 00:00:00")
    assert "cannot be a name for marks" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("mark", ["yesterday", "2020-13-01 00:00:00", "2020-01-01"])
def test_a_mark_that_is_no_date_is_2(home: Home, mark: str) -> None:
    assert "high-water mark" in refused(home, "collect", "-c", "c.json", "--since", mark)
    (home.folder / "glue_hwm.txt").write_text(mark)
    assert "gluepot hwm set" in refused(home, "run", "-c", "c.json")
    assert (home.folder / "glue_hwm.txt").read_text() == mark


def test_a_mark_in_the_future_is_a_warning_and_a_full_snapshot(home: Home) -> None:
    home.ok("hwm", "set", "2999-01-01 00:00:00")
    done = home.run("run", "-c", "c.json")
    assert done.returncode == 0
    assert re.search(
        r"lies in the future, .*gluepot hwm set '20\d\d-[\d :-]+' sets it back", " ".join(done.stderr.split())
    )
    assert "full snapshot" in done.stdout
    assert "next: gluepot hwm set" in done.stderr


@pytest.mark.parametrize(("damage", "told"), [("broken", "broken"), ("newer", "newer")])
def test_a_generation_that_cannot_be_used_is_2_and_nothing_is_lost(home: Home, damage: str, told: str) -> None:
    import sqlite3

    home.ok("run", "-c", "c.json")
    (path,) = home.folder.glob("*.sqlite")
    if damage == "broken":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
    before = home.mark
    next_second()
    assert told in refused_after_reading(home)
    assert home.mark == before
    assert home.files() == [".gluepot.lock"]
    assert told in json.dumps(home.json("check", "-c", "c.json", code=3)["places"])
    assert home.run("collect", "-c", "c.json", "--since", "1970-01-01 00:00:00").returncode == 0, "the way out"


def refused_after_reading(home: Home) -> str:
    done = home.run("run", "-c", "c.json")
    assert done.returncode == 2, done.stderr
    assert "hint: " in done.stderr
    return done.stderr


@pytest.mark.parametrize("output", ["/dev/null/x", "/proc/nope", "file.txt"])
def test_an_output_folder_that_cannot_be_is_2(home: Home, output: str) -> None:
    (home.folder / "file.txt").write_text("not a folder")
    home.configure(output_path=output)
    assert "cannot write" in refused(home, "collect", "-c", "c.json")
    assert home.json("check", "-c", "c.json", code=3)["exit_code"] == 3


def test_a_full_disk_is_2_and_leaves_nothing_half_written(home: Home) -> None:
    """A limit on the size of files stands in for a full disk: the write fails in the same place."""
    home.create("sales", *(f"t{number}" for number in range(40)))
    limit = 8 * 1024

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        home.command("collect", "-c", "c.json"),
        cwd=home.folder,
        env=home.environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=small,
    )
    assert done.returncode == 2, done.stderr
    assert "error: cannot write" in done.stderr
    assert "Traceback" not in done.stderr
    assert home.files() == [".gluepot.lock"]
    assert home.ok("collect", "-c", "c.json")


def test_an_altered_extract_is_never_pushed(home: Home) -> None:
    home.ok("collect", "-c", "c.json")
    (metadata,) = (home.folder / "output").glob("METADATA_*")
    metadata.write_text(metadata.read_text() + "more\n")
    assert "was altered" in refused_push(home)
    metadata.unlink()
    assert "is missing" in refused_push(home)
    assert (home.landed(), home.mark) == ([], "")


def refused_push(home: Home) -> str:
    done = home.run("push", "-c", "c.json")
    assert done.returncode == 2, done.stderr
    return done.stderr


def test_json_errors_are_one_object(home: Home) -> None:
    done = home.run("collect", "-c", "none.json", "--output", "json")
    told = json.loads(done.stdout)
    assert (told["exit_code"], told["error"]["kind"]) == (2, "ConfigError")
    assert told["error"]["hint"]


def test_usage_errors_are_2(home: Home) -> None:
    for arguments in (["colect"], ["collect"], ["run", "-c"], ["status", "-c", "c.json", "--last", "0"]):
        done = home.run(*arguments)
        assert done.returncode == 2, arguments
        assert done.stdout == ""


def test_debug_adds_the_traceback(home: Home) -> None:
    done = home.run("collect", "-c", "none.json", "--debug")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert "error: there is no configuration file none.json" in done.stderr
