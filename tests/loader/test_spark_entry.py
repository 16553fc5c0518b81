"""The script that Glue runs, under spark-submit: a plan file in S3, and the source's secret in Secrets Manager."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.loads import BUCKET, REGION
from tests.support.sparks import JVM, home

from gluepot.loader import entry
from gluepot.loader.engines.status import Status

if TYPE_CHECKING:
    from tests.support.loads import Bench

FOLDER = "warehouse/_gluepot/runs/one"
PLAN = f"s3://{BUCKET}/{FOLDER}/plan.json"


def stage(bench: Bench, **sections: Any) -> str:
    """Put a plan into S3 that names the secret, and the secret into Secrets Manager; gives the plan's text."""
    bench.plan(source={"password": "secretsmanager:source"}, **sections)
    text = bench.path.read_text()
    held = json.dumps({"user": bench.node.user, "password": bench.node.password})
    bench.aws.client("secretsmanager", region=REGION).create_secret(Name="source", SecretString=held)
    bench.s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}/plan.json", Body=text)
    return text


def status(bench: Bench) -> Status:
    import msgspec

    return msgspec.json.decode(
        bench.s3.get_object(Bucket=BUCKET, Key=f"{FOLDER}/status.json")["Body"].read(), type=Status
    )


def submit(bench: Bench, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as Glue does: it is a file, and finds its modules on the path."""
    environment = {key: value for key, value in bench.environment().items() if key != "GLUEPOT_TEST_PASSWORD"}
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    place = home(folder)
    command = [str(place / "bin" / "spark-submit"), "--master", "local[2]", "--conf", "spark.ui.enabled=false"]
    command += ["--conf", f"spark.driver.extraJavaOptions={JVM}"]
    own = {**environment, **python, "SPARK_HOME": str(place)}
    return subprocess.run(
        [*command, str(Path(entry.__file__)), *arguments],
        env=own, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip


@pytest.mark.long
def test_a_plan_in_s3_is_loaded_with_a_secret_that_no_argument_log_or_object_holds(
    bench: Bench, tmp_path: Path
) -> None:
    expected = bench.fill(700)
    stage(bench, engine="spark")
    done = submit(bench, tmp_path, "--plan", PLAN, "--load-id", "mine", "--JOB_NAME", "any", "--job-language", "python")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "events: committed, 700 rows" in done.stdout
    told = status(bench)
    assert (told.state, told.exit_code, told.slots) == ("done", 0, 2)
    table = told.tables["events"]
    assert (table.state, table.load_id, table.rows, table.finished) == ("committed", "mine", 700, table.ranges)
    assert table.files >= 1
    secret = bench.node.password
    assert secret not in done.stdout + done.stderr
    for key in bench.objects():
        assert secret.encode() not in bench.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), key
    bench.plan(engine="local")
    assert bench.lake_rows("events") == expected


def test_a_source_that_refuses_is_told_in_the_log_and_in_the_status(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process: it never comes to Spark."""
    stage(bench, engine="spark")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, REGION)
    secrets = bench.aws.client("secretsmanager", region=REGION)
    secrets.put_secret_value(SecretId="source", SecretString='{"user": "cassandra", "password": "not the right one"}')
    assert entry.main(["--plan", PLAN]) == 2
    printed = capsys.readouterr().out
    assert "gluepot.errors.ConfigError: cassandra 127.0.0.1" in printed
    assert "refuses user 'cassandra'" in printed
    assert "not the right one" not in printed
    told = status(bench)
    assert (told.state, told.exit_code) == ("failed", 2)
    assert told.error is not None
    assert told.error.kind == "ConfigError"


def test_a_plan_that_is_not_there_or_no_plan_is_named(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["--plan", PLAN]) == 2
    assert f"there is no plan file at {PLAN}" in capsys.readouterr().out
    bench.s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}/plan.json", Body=b"[engine]")
    assert entry.main(["--plan", PLAN]) == 2
    assert "is not a plan file in JSON" in capsys.readouterr().out


def test_another_secret_can_be_named_for_the_run(bench: Bench) -> None:
    from gluepot.loader.plan import readfile
    from gluepot.secret import secrets_of

    bench.plan()
    file = entry.with_secret(readfile.read(bench.path), "team/source")
    assert [(at, one.reference) for at, one in secrets_of(file)] == [("source.password", "secretsmanager:team/source")]
