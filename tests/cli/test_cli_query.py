"""`gluepot query` as it is typed, against an emulated AWS; what it prints holds no secret."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import commands, readlake
from tests.support.availability import not_available
from tests.support.emulated import inherited

import gluepot
from gluepot.cli.reporting import OF_QUERIES
from gluepot.host.scratch import PREFIX
from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from gluepot_sandbox.aws import Emulator

ROOT = Path(__file__).parents[2]
PASSWORD = "s3cr3t-of-cassandra-77"
PLAN = f"""
[source]
contact_points = ["127.0.0.1"]
user = "cassandra"
password = "{PASSWORD}"
keyspace = "ks"

[target]
database = "shop"
location = "s3://{readlake.BUCKET}/wh"
region = "us-east-1"
"""


@pytest.fixture(scope="module")
def aws(server: Emulator) -> Emulator:
    server.reset()
    server.client("s3").create_bucket(Bucket=readlake.BUCKET)
    catalog = readlake.catalog(server)
    catalog.create_namespace("shop")
    catalog.create_table("shop.orders", readlake.SCHEMA).append(readlake.batch(0, 120))
    return server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def run(
    aws: Emulator, home: Path, *arguments: str, stdin: str = "", process: bool = False
) -> subprocess.CompletedProcess[str]:
    environ = {**inherited(), **aws.environment(), "PYTHONWARNINGS": "error"}
    done = commands.run("query", *arguments, folder=home, environ=environ, stdin=stdin, process=process)
    for secret in (PASSWORD, emulator.SECRET_KEY):
        assert secret not in done.stdout + done.stderr
    return done


def test_text_is_a_table_with_its_count_beside_it(aws: Emulator, home: Path) -> None:
    done = run(aws, home, "SELECT id, name, price FROM orders ORDER BY id", "-c", "plan.toml", process=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["id", "name", "price"]
    assert lines[2].split() == ["0", "null", "0.00"]
    assert len(lines) == 102
    assert "the first 100 rows, there are more: --limit 0 prints all" in done.stderr


def test_json_lines_have_all_rows(aws: Emulator, home: Path) -> None:
    done = run(aws, home, "-", "-c", "plan.toml", "--output", "json", stdin="SELECT id, price FROM orders ORDER BY id")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 120
    assert rows[119] == {"id": 119, "price": "1.19"}
    assert done.stderr == ""


def test_csv_is_read_by_any_reader(aws: Emulator, home: Path) -> None:
    done = run(aws, home, "SELECT * FROM orders WHERE id < 2", "-c", "plan.toml", "--output", "csv", "--limit", "1")
    header, row = csv.reader(io.StringIO(done.stdout))
    assert header == readlake.SCHEMA.names
    assert row[0] in {"0", "1"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("FROM ordes", "-c", "plan.toml"), "hint: did you mean orders?"),
        (("SELECT * FRM orders", "-c", "plan.toml"), "line 1: SELECT * FRM >>>orders"),
        (("DROP TABLE orders", "-c", "plan.toml"), "DROP is not run: query only reads"),
        (("SELECT 1", "-c", "gone.toml"), "gone.toml"),
        (("FROM orders", "-c", "plan.toml", "--as-of", "yesterday"), "'yesterday' is no time"),
        (("FROM orders", "-c", "plan.toml", "--as-of", "2001-01-01"), "had no rows as of 2001-01-01"),
        (("FROM orders", "-c", "plan.toml", "--snapshot", "5"), "has no snapshot 5"),
    ],
)
def test_what_is_wrong_is_told_with_exit_code_2(
    aws: Emulator, home: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = run(aws, home, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_a_denied_bucket_ends_with_3(aws: Emulator, home: Path) -> None:
    aws.add(faults=[emulator.Fault(emulator.FaultKind.DENIED, operation="GET", service="s3")])
    try:
        done = run(aws, home, "FROM orders", "-c", "plan.toml")
    finally:
        aws.change(faults=[])
    assert done.returncode == 3
    assert "allow s3:GetObject" in done.stderr


def test_the_library_gives_the_answer_as_arrow(aws: Emulator, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    table = gluepot.query("SELECT sum(price) AS total FROM orders", home / "plan.toml")
    assert str(table.column("total")[0].as_py()) == "71.40"


ENDLESS = "SELECT sum((o.id + a.range * b.range) % 7) FROM orders o, range(100000000) a, range(100000) b"
"""It reads the table first, then computes for hours."""

OLDEST = "1.3.0"
"""The DuckDB that pyproject.toml asks for at the least."""


def began(aws: Emulator, home: Path, python_path: str = "") -> subprocess.Popen[str]:
    """Start a query in a process of its own, and wait until it has read the table."""
    aws.forget()
    temporary = home / "tmp"
    temporary.mkdir()
    path = os.pathsep.join(filter(None, [python_path, str(commands.SOURCES)]))
    process = subprocess.Popen(
        commands.spelt("query", ENDLESS, "-c", "plan.toml"),
        cwd=home,
        env={**inherited(), **aws.environment(), "TMPDIR": str(temporary), "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one thread, one call
    )
    while not any(call.path.endswith(".parquet") for call in aws.calls("GET", "s3")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    assert [path.name.startswith(PREFIX) for path in temporary.iterdir()] == [True]
    return process


def test_a_query_that_is_interrupted_ends_at_once_and_leaves_nothing(aws: Emulator, home: Path) -> None:
    ends(began(aws, home), home, signal.SIGINT, 130, "interrupted")


def ends(process: subprocess.Popen[str], home: Path, number: signal.Signals, code: int, how: str) -> None:
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert err == f"\n{how}: {OF_QUERIES}\n"
    assert list((home / "tmp").iterdir()) == []


def test_what_a_killed_query_left_is_gone_when_the_next_command_starts(aws: Emulator, home: Path) -> None:
    process = began(aws, home)
    process.kill()
    process.communicate()
    assert len(list((home / "tmp").iterdir())) == 1
    environ = {**inherited(), **aws.environment(), "TMPDIR": str(home / "tmp")}
    commands.run("load", "schema", folder=home, environ=environ, process=True)
    assert list((home / "tmp").iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("version", [f"=={OLDEST}", ""])
def test_a_query_ends_so_with_the_oldest_duckdb_that_is_taken_and_with_the_newest(
    aws: Emulator, home: Path, version: str
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (asked,) = (one for one in project["optional-dependencies"]["load"] if one.startswith("duckdb"))
    assert asked.startswith(f"duckdb>={OLDEST.removesuffix('.0')},<")
    place = home / "duckdb"
    wanted = asked if not version else f"duckdb{version}"
    command = [str(ROOT / ".tools" / "uv"), "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
    done = subprocess.run([*command, "--target", str(place), wanted], check=False, capture_output=True, text=True)
    if done.returncode:
        not_available(f"{wanted} cannot be had: {done.stderr.strip()}")
    for number, code, how in ((signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")):
        ends(began(aws, home, str(place)), home, number, code, how)
        (home / "tmp").rmdir()
