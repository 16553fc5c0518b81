"""The log of a job run, read from CloudWatch: each line once, from all of its streams, and no failure without."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gluepot.aws.access import Access
from gluepot.aws.clients import Clients
from gluepot.loader.gluejob.log import ERROR, OUTPUT, JobLog
from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from gluepot_sandbox.aws import Emulator

RUN = "jr_0123456789"


@pytest.fixture
def aws(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    server.reset()
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return server


def opened(aws: Emulator) -> JobLog:
    del aws
    return JobLog(Clients(Access(), emulator.DEFAULT_REGION), RUN)


def put(aws: Emulator, group: str, stream: str, *lines: str) -> None:
    logs, now = aws.client("logs"), int(time.time() * 1000)
    if group not in [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]:
        logs.create_log_group(logGroupName=group)
    if stream not in [one["logStreamName"] for one in logs.describe_log_streams(logGroupName=group)["logStreams"]]:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_a_run_that_has_logged_nothing_has_no_lines(aws: Emulator) -> None:
    log = opened(aws)
    assert (log.new(), log.ends(), log.problem) == ([], [], "")


def test_new_lines_are_given_once_and_those_of_other_runs_never(aws: Emulator) -> None:
    log = opened(aws)
    put(aws, OUTPUT, RUN, "one", "two")
    put(aws, OUTPUT, "jr_other", "not mine")
    assert log.new() == ["one", "two"]
    assert log.new() == []
    put(aws, OUTPUT, RUN, "three\nfour")
    put(aws, OUTPUT, f"{RUN}-1", "of an executor")
    assert sorted(log.new()) == ["four", "of an executor", "three"]


def test_the_ends_are_those_of_all_streams_what_the_script_printed_last(aws: Emulator) -> None:
    put(aws, OUTPUT, RUN, "printed")
    put(aws, ERROR, RUN, "of the driver")
    put(aws, ERROR, f"{RUN}-g-1", "of an executor")
    assert opened(aws).ends() == ["of the driver", "of an executor", "printed"]


def test_a_log_that_may_not_be_read_is_told_once_and_asked_for_no_more(aws: Emulator) -> None:
    put(aws, OUTPUT, RUN, "one")
    aws.add(faults=[Fault(FaultKind.DENIED, service="logs")])
    log = opened(aws)
    assert log.new() == []
    assert "logs:FilterLogEvents" in log.problem
    aws.forget()
    assert log.ends() == []
    assert aws.calls(service="logs") == []
