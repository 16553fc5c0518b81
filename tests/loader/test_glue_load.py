"""A load as a Glue job: made, run for real on Spark by the embedded AWS, watched, and equal to the source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from tests.support.gluejobs import JOB, ROLE, everywhere
from tests.support.loads import BUCKET

from gluepot.loader.engines.status import Status

if TYPE_CHECKING:
    from tests.support.loads import Bench


def status_of(bench: Bench) -> Status:
    """Read what the job noted beside its plan."""
    (key,) = (key for key in bench.objects("warehouse/_gluepot/") if key.endswith("/status.json"))
    return msgspec.json.decode(bench.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), type=Status)


def test_from_nothing_to_a_verified_table_by_a_glue_job(bench: Bench) -> None:
    """`aws apply`, `load run`, `status` and `verify`, as a person types them; the password stays where it is."""
    expected = bench.fill(1200)
    bench.plan(engine="glue", target={"create_database": False})
    applied = bench.cli("aws", "apply")
    assert applied.returncode == 0, applied.stderr
    ran = bench.cli("load", "run", "--output", "json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    (table,) = told["tables"]
    assert (table["read"], table["rows"], told["state"]) == (1200, 1200, "SUCCEEDED")
    assert table["committed"]["ours"]
    assert {"a", "b", "c"} == {one["column"] for one in table["fidelity"]}
    assert "job: events: committed, 1,200 rows" in ran.stderr
    noted = status_of(bench)
    assert (noted.state, noted.exit_code) == ("done", 0)
    one = noted.tables["events"]
    assert (one.state, one.load_id, one.rows, one.finished) == ("committed", table["load_id"], 1200, one.ranges)
    assert one.files >= 1
    assert bench.lake_rows("events") == expected
    status = bench.cli("load", "status", process=True)
    assert status.returncode == 0, status.stderr
    assert "SUCCEEDED" in status.stdout
    verified = bench.cli("load", "verify", "--rescan")
    assert verified.returncode == 0, verified.stderr
    secret = bench.node.password
    assert [where for where, body in everywhere(bench).items() if secret.encode() in body] == []
    assert not [one for one in (applied, ran, status, verified) if secret in one.stdout + one.stderr]
    reader = f"arn:aws:sts::123456789012:assumed-role/{ROLE}/GlueJobRunnerSession"
    assert reader in {one.principal for one in bench.aws.calls("GetSecretValue", "secretsmanager")}
    assert bench.cli("aws", "plan").stdout.count("would be") == 0
    run = bench.glue.get_job_runs(JobName=JOB)["JobRuns"][0]
    assert (run["WorkerType"], run["NumberOfWorkers"]) == ("G.1X", 2)
