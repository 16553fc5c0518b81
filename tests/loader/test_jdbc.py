"""The JDBC route's resources in an emulated account: what the walkthrough clicks together, from a plan file."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.loader.test_jdbc_parts import ASTRA, ORDERS, plan_file
from tests.support.emulated import leads_to

from gluepot.aws.access import Access
from gluepot.aws.clients import Clients
from gluepot.cli.load import jdbcjobs
from gluepot.errors import BusyError, ConfigError, EngineError
from gluepot.loader.jobs import run_load
from gluepot.loader.stack.credential import Credential
from gluepot.loader.stack.jdbc import jdbc_names
from gluepot.loader.stack.names import names
from gluepot.loader.stack.stack import left_over, stack
from gluepot.provision import applying, changes
from gluepot.secret import Secret
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Fault, FaultKind, GlueJobs, JobFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.provision.applying import Done
    from gluepot_sandbox.aws import Emulator

TOKEN = "AstraCS:T0ken-of-nobody:0123456789abcdef"
REGION = "eu-central-1"
JAR = b"PK\x03\x04 a driver"
KINDS = ["bucket", "secret", "database", "workgroup", "role", "object", "connection", "connection", "job"]


_KEPT: dict[str, Any] = {}


class JdbcBench:
    """An account, and a plan file whose route is JDBC.

    Args:
        aws: The emulated AWS.
        folder: Where the jar lies.
    """

    def __init__(self, aws: Emulator, folder: Path) -> None:
        self.aws = aws
        self.jar = folder / "driver.jar"
        self.jar.write_bytes(JAR)
        self.file = self.plan()

    def plan(self, **sections: Any) -> PlanFile:
        """Make the plan file, with the digest of the jar as it is."""
        digest = hashlib.sha256(self.jar.read_bytes()).hexdigest()
        self.file = plan_file(jdbc={"jar": str(self.jar), "sha256": digest}, **sections)
        return self.file

    @property
    def clients(self) -> Clients:
        """The account, opened once for all tests: loading botocore's models takes longer than a test."""
        if self.aws.url not in _KEPT:
            _KEPT[self.aws.url] = Clients(Access(), REGION, Credential("token", Secret(TOKEN)))
        return _KEPT[self.aws.url]  # type: ignore[no-any-return] # it was put there just now

    def written(self) -> Path:
        """Write the plan file."""
        lake = {"database": "lake", "location": "s3://our-lake/t", "region": REGION, "mode": "append"}
        digest = hashlib.sha256(JAR).hexdigest()
        given = {"jar": str(self.jar), "sha256": digest}
        path = self.jar.parent / "plan.json"
        path.write_text(json.dumps({"source": ASTRA, "target": lake, "route": "jdbc", "jdbc": given}))
        return path

    def wanted(self) -> tuple[Any, ...]:
        """List the resources."""
        return (*stack(self.file, self.clients.account, [ORDERS]), *left_over(self.file))

    def actions(self) -> list[str]:
        """Plan; gives what would become of each resource."""
        found = changes.plan(self.wanted(), self.clients, stack=names(self.file).stack)
        return [one.action for one in found]

    def apply(self, *, force: bool = False) -> tuple[Done, ...]:
        """Apply; gives what became of each resource."""
        owner = names(self.file).stack
        found = changes.plan(self.wanted(), self.clients, stack=owner)
        return applying.Applying(self.clients, owner, force=force).run(found)

    def boto(self, service: str) -> Any:
        """Give a client of somebody else."""
        key = f"{self.aws.url} {service}"
        if key not in _KEPT:
            _KEPT[key] = self.aws.client(service, region=REGION)
        return _KEPT[key]


@pytest.fixture
def bench(server: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[JdbcBench]:
    server.reset(emulator.Settings(glue_jobs=GlueJobs(master="")))
    leads_to(server, monkeypatch, REGION)
    yield JdbcBench(server, tmp_path)
    assert server.invalid() == []


def test_everything_is_made_in_order_and_left_alone_the_second_time(bench: JdbcBench) -> None:
    done = bench.apply()
    assert [one.resource.kind for one in done] == KINDS
    assert {one.outcome for one in done} == {"created"}
    assert set(bench.actions()) == {"leave"}


def test_the_jar_lies_in_s3_with_its_checksum(bench: JdbcBench) -> None:
    bench.apply()
    jar = jdbc_names(bench.file, names(bench.file)).jar
    bucket, _, key = jar.removeprefix("s3://").partition("/")
    s3 = bench.boto("s3")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == JAR
    assert "ChecksumSHA256" in s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert bench.file.jdbc is not None
    assert bench.file.jdbc.sha256[:12] in key


def test_connector_and_connection_are_the_walkthroughs_with_placeholders(bench: JdbcBench) -> None:
    bench.apply()
    glue = bench.boto("glue")
    called, own = names(bench.file), jdbc_names(bench.file, names(bench.file))
    connector = glue.get_connection(Name=own.connector)["Connection"]
    url = "jdbc:astra://orders_db/shop?user=${user}&password=${password}"
    assert connector["MatchCriteria"] == ["template-connection"]
    assert json.loads(connector["ConnectionProperties"]["JDBC_CONNECTION_URL"]) == [[f"default={url}"], "&"]
    assert connector["ConnectionProperties"]["CONNECTOR_URL"] == own.jar
    connection = glue.get_connection(Name=own.connection)["Connection"]
    assert connection["MatchCriteria"] == ["Connection", own.connector]
    assert connection["ConnectionProperties"] == {
        "CONNECTOR_TYPE": "Jdbc",
        "CONNECTOR_URL": own.jar,
        "CONNECTOR_CLASS_NAME": "com.datastax.astra.jdbc.AstraJdbcDriver",
        "JDBC_CONNECTION_URL": url,
        "SECRET_ID": called.secret,
    }


def test_the_job_is_a_visual_one_from_source_to_table(bench: JdbcBench) -> None:
    bench.apply()
    own = jdbc_names(bench.file, names(bench.file))
    job = bench.boto("glue").get_job(JobName=own.job)["Job"]
    graph = job["CodeGenConfigurationNodes"]
    assert job["JobMode"] == "VISUAL"
    assert job["Connections"]["Connections"] == [own.connection]
    assert graph["node-1"]["JDBCConnectorSource"]["ConnectionName"] == own.connection
    assert graph["node-3"]["S3IcebergCatalogTarget"]["Table"] == "orders"
    assert "iceberg" in job["DefaultArguments"]["--datalake-formats"]


def test_the_token_is_in_the_secret_and_nowhere_else(bench: JdbcBench) -> None:
    bench.apply()
    glue, own = bench.boto("glue"), jdbc_names(bench.file, names(bench.file))
    held = bench.boto("secretsmanager").get_secret_value(SecretId=names(bench.file).secret)["SecretString"]
    assert json.loads(held) == {"user": "token", "password": TOKEN}
    told = [
        glue.get_job(JobName=own.job),
        glue.get_connections()["ConnectionList"],
        bench.boto("iam").get_role_policy(RoleName=names(bench.file).role, PolicyName="gluepot"),
        repr(bench.wanted()),
    ]
    assert TOKEN not in repr(told)
    assert "AstraCS" not in repr(told)


def test_the_role_may_read_its_connector_and_connection(bench: JdbcBench) -> None:
    bench.apply()
    own = jdbc_names(bench.file, names(bench.file))
    role = bench.boto("iam").get_role_policy(RoleName=names(bench.file).role, PolicyName="gluepot")
    statements = {one["Sid"]: one for one in role["PolicyDocument"]["Statement"]}
    ends = [one.rpartition(":")[2] for one in statements["ReadConnector"]["Resource"]]
    assert ends == ["catalog", f"connection/{own.connector}", f"connection/{own.connection}"]


def test_a_jar_that_changed_since_is_not_uploaded(bench: JdbcBench) -> None:
    bench.jar.write_bytes(b"tampered with")  # the plan file keeps the digest of the old one
    done = {one.resource.kind: one for one in bench.apply()}
    assert done["object"].outcome == "failed"
    assert isinstance(done["object"].error, ConfigError)
    assert "another file than the plan names" in done["object"].error.what
    assert (done["connection"].outcome, done["job"].outcome) == ("waiting", "waiting")
    assert bench.boto("glue").get_connections()["ConnectionList"] == []


def test_a_jar_that_somebody_replaced_is_drift(bench: JdbcBench) -> None:
    bench.apply()
    jar = jdbc_names(bench.file, names(bench.file)).jar
    bucket, _, key = jar.removeprefix("s3://").partition("/")
    s3 = bench.boto("s3")
    tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    s3.put_object(Bucket=bucket, Key=key, Body=b"theirs")
    s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tags})
    assert "drift" in bench.actions()
    bench.apply(force=True)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == JAR


def test_another_jar_is_another_object_and_the_connector_follows(bench: JdbcBench) -> None:
    bench.apply()
    bench.jar.write_bytes(b"a newer driver")
    bench.plan()
    done = {(one.resource.kind, one.resource.name): one.outcome for one in bench.apply()}
    own = jdbc_names(bench.file, names(bench.file))
    assert done["object", own.jar] == "created"
    assert (done["connection", own.connector], done["connection", own.connection]) == ("updated", "updated")
    assert done["job", own.job] == "left"


def test_a_connector_that_is_somebody_elses_stops_everything(bench: JdbcBench) -> None:
    bench.boto("glue").create_connection(
        ConnectionInput={
            "Name": f"{names(bench.file).name}-connector",
            "ConnectionType": "CUSTOM",
            "MatchCriteria": ["template-connection"],
            "ConnectionProperties": {"CONNECTOR_TYPE": "Jdbc"},
        }
    )
    with pytest.raises(ConfigError, match="connection gluepot-lake-connector is there already"):
        bench.apply()
    assert bench.boto("s3").list_buckets()["Buckets"] == []


def test_an_upload_that_is_denied_names_the_statement(bench: JdbcBench) -> None:
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="PUT", path="*driver.jar*")])
    done = {one.resource.kind: one for one in bench.apply()}
    assert done["object"].error is not None
    assert '"Action": "s3:PutObject"' in done["object"].error.hint


def test_back_on_the_native_route_everything_of_this_one_goes(bench: JdbcBench) -> None:
    bench.apply()
    bench.file = plan_file(
        jdbc={"jar": str(bench.jar), "sha256": hashlib.sha256(JAR).hexdigest()}, route="native", engine="glue"
    )
    done = {one.resource.kind: one.outcome for one in bench.apply()}
    assert (done["object"], done["connection"]) == ("removed", "removed")
    assert bench.boto("glue").get_connections()["ConnectionList"] == []
    jobs = [one["Name"] for one in bench.boto("glue").get_jobs()["Jobs"]]
    assert jobs == [names(bench.file).job]


def test_destroy_needs_no_source(bench: JdbcBench) -> None:
    bench.apply()
    wanted = (*stack(bench.file, bench.clients.account), *left_over(bench.file))
    done = applying.destroy(wanted, bench.clients, stack=names(bench.file).stack)
    outcomes = {one.resource.kind: one.outcome for one in done}
    assert (outcomes["job"], outcomes["connection"], outcomes["object"]) == ("removed", "removed", "removed")
    assert bench.boto("glue").get_jobs()["Jobs"] == []


# runs ------------------------------------------------------------------------------------------------


def test_a_run_is_started_and_watched_to_its_end(bench: JdbcBench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.apply()
    script = f"t/_gluepot/scripts/{jdbc_names(bench.file, names(bench.file)).job}.py"
    bench.boto("s3").put_object(Bucket="our-lake", Key=script, Body=b"print('what Glue has generated')")
    assert jdbcjobs.run(bench.written(), detach=False, as_json=False) == 0
    printed = capsys.readouterr()
    assert "of job gluepot-lake-jdbc has ended" in printed.out
    assert "every run adds its rows to those there" in printed.err
    assert "AstraCS" not in printed.out + printed.err


def test_a_run_can_be_left_to_itself_looked_at_and_stopped(
    bench: JdbcBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.apply()
    script = f"t/_gluepot/scripts/{jdbc_names(bench.file, names(bench.file)).job}.py"
    bench.boto("s3").put_object(Bucket="our-lake", Key=script, Body=b"import time; time.sleep(60)")
    path = bench.written()
    with pytest.raises(ConfigError, match="has not run yet"):
        jdbcjobs.status(path, "", as_json=True)
    assert jdbcjobs.run(path, detach=True, as_json=True) == 0
    run_id = json.loads(capsys.readouterr().out)["run"]
    with pytest.raises(BusyError, match="runs already"):
        jdbcjobs.run(path, detach=True, as_json=True)
    assert jdbcjobs.status(path, "", as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["run"] == run_id
    assert jdbcjobs.stop(path, run_id, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["state"] in {"STOPPING", "STOPPED"}


@pytest.mark.parametrize(
    ("fault", "said", "code"),
    [
        (
            JobFault(lines=("java.lang.ClassNotFoundException: com.datastax.astra.jdbc.AstraJdbcDriver",)),
            "the jar does not hold the driver's class",
            2,
        ),
        (
            JobFault(lines=("java.sql.SQLSyntaxErrorException: line 1:30 no viable alternative at input '1'",)),
            "Spark sent a statement that is no CQL",
            3,
        ),
        (
            JobFault(lines=("UnsupportedClassVersionError: X has been compiled by a more recent version",)),
            "the jar was built for a newer Java",
            2,
        ),
        (
            JobFault(lines=("com.datastax.oss.driver.api.core.auth.AuthenticationException: bad credentials",)),
            "the source refused the user and password",
            2,
        ),
        (
            JobFault(lines=("java.net.UnknownHostException: api.astra.datastax.com",)),
            "the driver did not reach Astra's API",
            3,
        ),
        (JobFault(state="TIMEOUT"), "was stopped by Glue after 480 minutes", 3),
        (JobFault(message="Exceeded maximum concurrent compute capacity"), "the account's DPUs are all in use", 3),
    ],
    ids=lambda given: given.lines[0][:30] if isinstance(given, JobFault) and given.lines else "",
)
def test_the_cause_of_a_failed_run_is_told(
    bench: JdbcBench, capsys: pytest.CaptureFixture[str], fault: JobFault, said: str, code: int
) -> None:
    bench.apply()
    bench.aws.change(glue_jobs=GlueJobs(master="", faults=(fault,)))
    assert jdbcjobs.run(bench.written(), detach=False, as_json=False) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert "next: " in printed.err


def test_a_run_from_python_ends_with_its_job_or_with_the_cause(bench: JdbcBench) -> None:
    bench.apply()
    script = f"t/_gluepot/scripts/{jdbc_names(bench.file, names(bench.file)).job}.py"
    bench.boto("s3").put_object(Bucket="our-lake", Key=script, Body=b"print('what Glue has generated')")
    result = run_load(bench.file)
    assert result.submitted is not None
    assert (result.submitted.job, result.tables, result.exit_code) == ("gluepot-lake-jdbc", (), 0)
    bench.aws.change(glue_jobs=GlueJobs(master="", faults=(JobFault(state="TIMEOUT"),)))
    with pytest.raises(EngineError, match="was stopped by Glue after 480 minutes"):
        run_load(bench.file)


def test_after_a_failure_rows_that_were_written_are_warned_of(
    bench: JdbcBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.apply()
    bench.aws.change(glue_jobs=GlueJobs(master="", faults=(JobFault(message="something else"),)))
    assert jdbcjobs.run(bench.written(), detach=False, as_json=True) == 3
    told = json.loads(capsys.readouterr().out)
    assert "empty the table before you run it again" in told["error"]["hint"]


def test_a_job_that_was_not_applied_is_named(bench: JdbcBench) -> None:
    with pytest.raises(ConfigError, match="there is no Glue job gluepot-lake-jdbc") as caught:
        jdbcjobs.run(bench.written(), detach=False, as_json=False)
    assert "gluepot aws apply" in caught.value.hint
