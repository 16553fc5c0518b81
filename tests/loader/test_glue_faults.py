"""Glue jobs that do not end as they should, and people who do not wait for them."""

from __future__ import annotations

import dataclasses
import json
import signal
import time
from typing import TYPE_CHECKING

import pytest
from tests.support.gluejobs import JOB, ROLE, SECRET, Terminal, ended, everywhere, job, prepared, submitted
from tests.support.kills import Killed, WatchedAccount, Writes
from tests.support.loads import BUCKET, REGION

from gluepot.errors import BusyError, ConfigError, DeniedError, EngineError, RemoteError
from gluepot.loader.gluejob.job import Job
from gluepot.loader.gluejob.watch import Watched
from gluepot_sandbox.aws import Fault, FaultKind, GlueJobs, JobFault

if TYPE_CHECKING:
    from tests.support.loads import Bench

    from gluepot.loader.gluejob.runs import JobRun

WRONG = "a-wrong-Passw0rd-of-a-test"
WAITING = GlueJobs(master="", starting_seconds=120)
"""Runs that never come to their script: they wait for machines."""


def failing(bench: Bench, fault: JobFault) -> None:
    bench.aws.change(glue_jobs=GlueJobs(master="", faults=(fault,)))


def test_a_job_that_fails_is_told_by_its_cause(bench: Bench) -> None:
    bench.fill(10)
    one = prepared(bench)
    failing(
        bench,
        JobFault(
            message="Command failed with exit code 1",
            lines=("26/11/21 09:00:00 WARN TaskSetManager: Lost task", "Container killed by YARN for exceeding memory"),
        ),
    )
    ran = bench.cli("load", "run")
    assert ran.returncode == EngineError.exit_code
    assert "failed: the job ran out of memory: Container killed by YARN for exceeding memory" in ran.stderr
    assert "glue.worker_type = 'G.2X'" in ran.stderr
    status = bench.cli("load", "status", "--output", "json")
    assert status.returncode == EngineError.exit_code
    assert json.loads(status.stdout)["error"]["what"] == "the job ran out of memory"
    assert json.loads(status.stdout)["tables"][0]["committed"] is None
    assert one.runs.latest()[0].state == "FAILED"


def test_a_job_that_takes_too_long_is_told_by_its_timeout(bench: Bench) -> None:
    bench.fill(10)
    one = prepared(bench, glue={"timeout_minutes": 7})
    failing(bench, JobFault(state="TIMEOUT", message="Job run exceeded its timeout"))
    run = ended(one, submitted(bench, one).run_id)
    found = one.outcome(run, one.log(run.id)).error
    assert found is not None
    assert found.what == "the job was stopped by Glue after 7 minutes"


def test_a_role_without_a_permission_is_told_by_the_action(bench: Bench) -> None:
    bench.fill(10)
    one = prepared(bench)
    bench.aws.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="all")
    run = ended(one, submitted(bench, one).run_id)
    found = one.outcome(run, one.log(run.id)).error
    assert isinstance(found, DeniedError)
    assert found.action == "s3:GetObject"
    assert found.resource.startswith(f"arn:aws:s3:::{BUCKET}/warehouse/_gluepot/")


def test_what_a_load_says_of_its_own_failure_is_told(bench: Bench) -> None:
    """The staged script runs, and does not get into the source: it tells that beside its plan, in its three parts."""
    bench.fill(10)
    one = prepared(bench)
    stored = json.dumps({"user": bench.node.user, "password": WRONG})
    bench.aws.client("secretsmanager", region=REGION).put_secret_value(SecretId=SECRET, SecretString=stored)
    bench.aws.change(glue_jobs=GlueJobs(master=""))
    run = ended(one, submitted(bench, one).run_id, seconds=200)
    outcome = one.outcome(run, one.log(run.id))
    assert isinstance(outcome.error, ConfigError)
    assert "wrong user or password" in outcome.error.why
    assert outcome.exit_code == ConfigError.exit_code
    assert [line for line in one.log(run.id).new() if line.startswith("gluepot.errors.ConfigError: ")]
    assert [where for where, body in everywhere(bench).items() if WRONG.encode() in body] == []


def test_a_second_run_is_refused_by_name_and_a_lost_answer_is_no_second_run(bench: Bench) -> None:
    bench.fill(10)
    bench.aws.change(glue_jobs=WAITING)
    one = prepared(bench)
    first = submitted(bench, one)
    with pytest.raises(BusyError, match=f"run {first.run_id} is under way") as caught:
        submitted(bench, one)
    assert "gluepot load stop" in caught.value.hint
    one.runs.stop(first.run_id)
    ended(one, first.run_id)
    bench.aws.add(faults=[Fault(FaultKind.RESET, operation="StartJobRun", times=1)])
    second = submitted(bench, one)
    assert [run.id for run in one.runs.latest() if not run.is_over] == [second.run_id]
    one.runs.stop(second.run_id)


class Unnoted(Writes):
    """Writes of a process that dies when it has started a run, before it notes that."""

    def write(self, what: str) -> None:
        """Die, or do it."""
        if what == "put run.json":
            raise Killed(what)
        super().write(what)


def dies_unnoted(bench: Bench, one: Job) -> JobRun:
    """Submit a load, and die; gives the run that was started."""
    dying = Job(one.file)
    account = WatchedAccount(Unnoted(), REGION)
    dying.lake = dataclasses.replace(dying.lake, account=account)
    with pytest.raises(Killed):
        submitted(bench, dying)
    started = one.runs.newest()
    assert started is not None
    return started


def test_a_run_whose_starter_died_before_it_noted_that_is_taken_up_and_none_is_started_beside_it(bench: Bench) -> None:
    bench.fill(10)
    bench.aws.change(glue_jobs=WAITING)
    prepared(bench)
    said: list[str] = []
    one = Job(job(bench).file, said.append)
    started = dies_unnoted(bench, one)
    taken = submitted(bench, one)
    assert (taken.run_id, taken.handed) == (started.id, one.handed(started))
    assert any(f"run {started.id} of job {JOB} was started for these tables" in line for line in said)
    assert len(one.runs.latest()) == 1
    with pytest.raises(BusyError):  # it is noted by now: somebody watches it
        submitted(bench, one)
    one.runs.stop(started.id)
    ended(one, started.id)
    failed = dies_unnoted(bench, one)
    one.runs.stop(failed.id)
    ended(one, failed.id)
    again = submitted(bench, one)
    assert again.run_id not in {started.id, failed.id}
    one.runs.stop(again.run_id)


def test_a_quota_and_a_denial_of_starting_are_told(bench: Bench) -> None:
    bench.fill(10)
    one = prepared(bench)
    full = Fault(
        FaultKind.ERROR,
        operation="StartJobRun",
        times=1,
        code="ResourceNumberLimitExceededException",
        status=400,
        message="Max concurrent runs: 30",
    )
    bench.aws.add(faults=[full])
    with pytest.raises(RemoteError, match="Max concurrent runs: 30") as caught:
        submitted(bench, one)
    assert "Service Quotas" in caught.value.hint
    bench.aws.add(faults=[Fault(FaultKind.DENIED, operation="StartJobRun", times=1)])
    with pytest.raises(DeniedError) as denied:
        submitted(bench, one)
    assert denied.value.action == "glue:StartJobRun"


def test_role_and_secret_that_are_missing_are_named_before_anything_is_staged(bench: Bench) -> None:
    bench.fill(10)
    bench.plan(engine="glue")
    bench.glue.create_database(DatabaseInput={"Name": "loaded"})
    with pytest.raises(ConfigError, match=f"no role {ROLE} and no secret {SECRET}") as caught:
        submitted(bench, job(bench))
    assert "gluepot aws apply" in caught.value.hint
    assert bench.objects() == []


def test_a_job_changed_by_hand_is_said_and_left_as_it_is(bench: Bench) -> None:
    bench.fill(10)
    bench.aws.change(glue_jobs=WAITING)
    one = prepared(bench)
    one.runs.stop(submitted(bench, one).run_id)
    made = bench.glue.get_job(JobName=JOB)["Job"]
    kept = {key: made[key] for key in ("Role", "Command", "GlueVersion", "WorkerType", "NumberOfWorkers")}
    bench.glue.update_job(JobName=JOB, JobUpdate={**kept, "Description": "ours"})
    said: list[str] = []
    again = type(one)(one.file, said.append)
    again.runs.stop(submitted(bench, again).run_id)
    assert [line for line in said if "changed by hand" in line]
    assert bench.glue.get_job(JobName=JOB)["Job"]["Description"] == "ours"


def test_what_is_staged_once_is_not_staged_again(bench: Bench) -> None:
    bench.fill(10)
    bench.aws.change(glue_jobs=WAITING)
    one = prepared(bench)
    one.runs.stop(submitted(bench, one).run_id)
    before = [key for key in bench.objects() if "/modules/" in key]
    bench.aws.forget()
    one.runs.stop(submitted(bench, one).run_id)
    assert before == [key for key in bench.objects() if "/modules/" in key]
    assert not [call for call in bench.aws.calls("PUT", "s3") if "/modules/" in call.path]


@pytest.mark.long
def test_a_detached_load_is_found_again_by_status_and_ended_by_stop(bench: Bench) -> None:
    bench.fill(10)
    prepared(bench)
    bench.aws.change(glue_jobs=WAITING)
    ran = bench.cli("load", "run", "--detach", "--output", "json")
    assert ran.returncode == 0, ran.stderr
    run_id = json.loads(ran.stdout)["run"]
    status = bench.cli("load", "status", "--run", run_id[:12], "--output", "json")
    assert status.returncode == 0, status.stderr
    told = json.loads(status.stdout)
    assert (told["run"], told["state"], told["tables"][0]["ranges"]) == (run_id, "STARTING", 0)
    stopped = bench.cli("load", "stop", process=True)
    assert stopped.returncode == 0, stopped.stderr
    assert ended(job(bench), run_id).state == "STOPPED"
    assert "the job was stopped" in bench.cli("load", "status").stderr


def test_an_unfinished_load_is_taken_up_by_its_job(bench: Bench) -> None:
    bench.fill(10)
    bench.aws.change(glue_jobs=WAITING)
    one = prepared(bench)
    given = submitted(bench, one, load_id="mine")
    assert one.runs.get(given.run_id).arguments["--load-id"] == "mine"
    one.runs.stop(given.run_id)


@pytest.mark.long
def test_detaching_from_a_load_on_this_machine_is_refused(bench: Bench) -> None:
    bench.fill(10)
    ran = bench.cli("load", "run", "--detach")
    assert ran.returncode == ConfigError.exit_code
    assert "--detach leaves nothing behind" in ran.stderr
    assert "engine 'local'" in bench.cli("load", "status").stderr


def test_ctrl_c_asks_and_stops_the_job(bench: Bench) -> None:
    bench.fill(10)
    one = prepared(bench)
    bench.aws.change(glue_jobs=WAITING)
    terminal = Terminal(bench, "load", "run")
    terminal.wait_for("is starting")
    terminal.type("\x03")
    terminal.wait_for("[s]top it, [l]eave it running, or go on [w]atching?")
    terminal.type("w\n")
    time.sleep(1)
    terminal.type("\x03")
    terminal.wait_for("go on [w]atching? w")
    terminal.type("s\n")
    terminal.wait_for("was stopped")
    assert terminal.close() == 128 + signal.SIGINT
    assert one.runs.latest()[0].state == "STOPPED"


@pytest.mark.long
def test_without_a_terminal_an_interrupt_leaves_the_job_running(bench: Bench) -> None:
    bench.fill(10)
    one = prepared(bench)
    bench.aws.change(glue_jobs=WAITING)
    with bench.started("load", "run") as process:
        assert process.stderr is not None
        while "is starting" not in (line := process.stderr.readline()):
            assert line, "it ended"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert "the job goes on in AWS" in said
    run = one.runs.latest()[0]
    assert run.state == "STARTING"
    one.runs.stop(run.id)


def test_a_watcher_outlasts_calls_that_fail(bench: Bench) -> None:
    bench.fill(10)
    one = prepared(bench)
    failing(bench, JobFault(message="ValueError: at last"))
    run_id = submitted(bench, one).run_id
    bench.aws.add(faults=[Fault(FaultKind.ERROR, operation="GetJobRun", times=3)])
    run = Watched(one.runs, run_id, one.log(run_id), None, lambda _: None, lambda _: None).wait()
    assert (run.state, run.message) == ("FAILED", "ValueError: at last")


def test_a_log_that_may_not_be_read_costs_its_lines_only(bench: Bench) -> None:
    bench.fill(10)
    one = prepared(bench)
    failing(bench, JobFault(message="Error Category: UNCLASSIFIED_ERROR; ValueError: no good", lines=("hidden",)))
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="logs")])
    run = ended(one, submitted(bench, one).run_id)
    log = one.log(run.id)
    assert str(one.outcome(run, log).error) == "the job failed: ValueError: no good"
    assert "logs:" in log.problem
