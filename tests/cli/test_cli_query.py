"""`gluepot query` as it is typed, against an emulated AWS; what it prints holds no secret."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from tests.support import commands, readlake
from tests.support.emulated import inherited

import gluepot
from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from gluepot_sandbox.aws import Emulator

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
