"""`gluepot aws` as it is typed, against an emulated AWS: what it prints, asks, returns, and never shows."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.cli import Home

from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gluepot_sandbox.aws import Emulator

TOKEN = "AstraCS:T0ken-of-nobody:0123456789abcdef"
PLAN = """
engine = "glue"

[source]
keyspace = "shop"
database = "astraglue_db"
token = "env:ASTRA_TOKEN"

[target]
database = "lake"
location = "s3://our-lake/tables"
region = "us-east-1"

[aws]
tags = { team = "lake" }
"""
ALL = ["bucket", "secret", "database", "workgroup", "role", "job"]
WAIT = 60


@pytest.fixture
def home(server: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A folder with a plan file, the token in the environment; at the end nothing has printed the token."""
    server.reset()
    monkeypatch.setenv("ASTRA_TOKEN", TOKEN)
    (tmp_path / "plan.toml").write_text(PLAN)
    made = Home(tmp_path, server)
    yield made
    assert server.invalid() == []
    assert [text for text in made.printed if TOKEN in text or emulator.SECRET_KEY in text] == []
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert [body for body in written if TOKEN.encode() in body] == []


def outcomes(answer: Any) -> dict[str, str]:
    return {one["kind"]: one["outcome"] for one in answer["resources"]}


def test_the_whole_life_of_a_plans_resources(home: Home) -> None:
    shown = home.ok("aws", "plan", "-c", "plan.toml", process=True)
    assert "+ create   role gluepot-lake-job" in shown
    assert "    policy.Statement.ReadSecret.Action: secretsmanager:GetSecretValue" in shown
    assert "6 to create" in shown
    assert "0.8800  hour of a run" in shown
    done = home.ok("aws", "apply", "-c", "plan.toml")
    assert done.splitlines()[0] == "created  bucket our-lake"
    assert done.splitlines()[-1] == "6 created"
    assert "6 as wanted" in home.ok("aws", "plan", "-c", "plan.toml")
    assert outcomes(home.json("aws", "apply", "-c", "plan.toml")) == dict.fromkeys(ALL, "left")
    gone = home.ok("aws", "destroy", "-c", "plan.toml", "--yes")
    assert "kept     bucket our-lake (it holds data: --data removes it)" in gone
    assert outcomes(home.json("aws", "destroy", "-c", "plan.toml", "--yes", "--data"))["bucket"] == "removed"


def test_a_plan_as_json_has_wanted_differences_and_prices(home: Home) -> None:
    answer = home.json("aws", "plan", "-c", "plan.toml")
    assert [one["kind"] for one in answer["changes"]] == ALL
    role = next(one for one in answer["changes"] if one["kind"] == "role")
    assert role["wanted"]["trust"]["Statement"][0]["Principal"] == {"Service": "glue.amazonaws.com"}
    assert {one["per"] for one in answer["prices"]} >= {"month", "hour of a run", "TB scanned"}
    assert answer["names"]["job"] == "gluepot-lake-load"


def test_drift_is_left_alone_and_the_exit_code_says_so(home: Home) -> None:
    home.ok("aws", "apply", "-c", "plan.toml")
    home.aws.client("athena").update_work_group(WorkGroup="gluepot-lake", Description="mine")
    shown = home.run("aws", "plan", "-c", "plan.toml")
    assert "! drift    workgroup gluepot-lake (changed by hand since it was applied)" in shown.stdout
    assert "    description: mine -> made by gluepot" in shown.stdout
    assert "next: gluepot aws apply -c plan.toml --force" in shown.stderr
    home.ok("aws", "apply", "-c", "plan.toml", code=3)
    home.ok("aws", "apply", "-c", "plan.toml", "--force")
    assert "6 as wanted" in home.ok("aws", "plan", "-c", "plan.toml")


def test_a_refusal_says_what_failed_why_what_mends_it_and_what_stands(home: Home) -> None:
    home.aws.add(faults=[Fault(FaultKind.DENIED, operation="CreateJob")])
    done = home.run("aws", "apply", "-c", "plan.toml")
    assert done.returncode == 3
    assert "created  role gluepot-lake-job" in done.stdout
    assert "failed   job gluepot-lake-load" in done.stdout
    assert '"Action": "glue:CreateJob"' in done.stderr
    assert "next: what stands is used" in done.stderr
    assert home.json("aws", "plan", "-c", "plan.toml")["changes"][-1]["action"] == "create"


def test_a_role_of_somebody_else_stops_everything_with_exit_code_two(home: Home) -> None:
    home.aws.client("iam").create_role(RoleName="gluepot-lake-job", AssumeRolePolicyDocument="{}")
    planned = home.run("aws", "plan", "-c", "plan.toml")
    assert planned.returncode == 2
    assert "x conflict role gluepot-lake-job (gluepot did not make it)" in planned.stdout
    done = home.run("aws", "apply", "-c", "plan.toml")
    assert done.returncode == 2
    assert "hint: nothing was changed; name another in the plan file's section [aws]" in done.stderr
    assert home.aws.client("s3").list_buckets()["Buckets"] == []


def test_destroy_without_a_terminal_needs_yes(home: Home) -> None:
    home.ok("aws", "apply", "-c", "plan.toml")
    done = home.run("aws", "destroy", "-c", "plan.toml")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "hint: say --yes")
    assert home.aws.client("iam").list_roles()["Roles"] != []


HANGS = {
    "PUT": Fault(FaultKind.HANG, service="s3", operation="PUT", path="our-lake", query="*encryption*", seconds=3),
    "CreateSecret": Fault(FaultKind.HANG, service="secretsmanager", operation="TagResource", seconds=3),
    "CreateRole": Fault(FaultKind.HANG, service="iam", operation="PutRolePolicy", seconds=3),
    "TagRole": Fault(FaultKind.HANG, operation="CreateJob", seconds=3),
}
"""Calls that take long, each by the one that comes before it."""


@pytest.mark.long  # `tests/loader/test_provisioning_killed.py` dies between any two writes, in its own process
@pytest.mark.parametrize("signalled", [signal.SIGKILL, signal.SIGINT])
def test_an_apply_that_is_stopped_anywhere_is_carried_on_by_the_next(home: Home, signalled: signal.Signals) -> None:
    for before, fault in HANGS.items():
        home.aws.change(faults=[fault])
        home.aws.forget()
        stopped(home, before, signalled)
        until(lambda: any(call.fault == "hang" for call in home.aws.calls()))  # what was under way goes through
        home.aws.change(faults=[])
        free_the_lease(home)
    home.ok("aws", "apply", "-c", "plan.toml")
    actions = [one["action"] for one in home.json("aws", "plan", "-c", "plan.toml")["changes"]]
    assert actions == ["leave"] * len(ALL)


def stopped(home: Home, before: str, signalled: signal.Signals) -> None:
    """Start an apply, and stop it while the call behind this one takes its time."""
    process = subprocess.Popen(
        home.command("aws", "apply", "-c", "plan.toml"),
        cwd=home.folder,
        env=home.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until(lambda: bool(home.aws.calls(before)))
    time.sleep(0.5)
    process.send_signal(signalled)
    shown, _ = process.communicate(timeout=WAIT)
    home.printed.append(shown)
    if signalled is signal.SIGINT and process.returncode:
        assert (process.returncode, "the next apply finishes it" in shown) == (130, True), shown


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + WAIT
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def free_the_lease(home: Home) -> None:
    """Do what time does: a killed apply's lease runs out after some minutes."""
    s3 = home.aws.client("s3")
    if s3.list_buckets()["Buckets"]:
        s3.delete_object(Bucket="our-lake", Key="tables/_gluepot/aws.lease")


# on a terminal ---------------------------------------------------------------------------------------------


def typed(home: Home, *arguments: str, answers: dict[str, str], **environ: str) -> tuple[int, str]:
    """Run a command on a terminal of its own, answering each prompt once; gives exit code and what was shown."""
    child, terminal = pty.fork()
    if not child:  # pragma: no cover - the other process
        os.chdir(home.folder)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by children of what runs in the background
        environment = {**home.environment(), **environ}
        kept = {name: value for name, value in environment.items() if value}
        os.execve(home.command()[0], home.command(*arguments), kept)
    waiting, shown, end = dict(answers), "", time.monotonic() + WAIT
    answer, again = "", end
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                break
            again = time.monotonic() + 5
        for prompt in [text for text in waiting if text in shown]:
            time.sleep(0.3)
            answer = waiting.pop(prompt)
            os.write(terminal, answer.encode())
        if answer and time.monotonic() > again:  # what is typed before the question hides it is thrown away
            os.write(terminal, answer.encode())
            again = time.monotonic() + 5
    os.close(terminal)
    home.printed.append(shown)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown


def test_a_token_that_is_not_set_is_asked_for_and_not_shown(home: Home) -> None:
    asked = {"token of the source": f"{TOKEN}\n"}
    code, shown = typed(home, "aws", "apply", "-c", "plan.toml", answers=asked, ASTRA_TOKEN="")
    assert code == 0, shown
    assert "6 created" in shown
    held = home.aws.client("secretsmanager").get_secret_value(SecretId="gluepot-lake-credentials")["SecretString"]
    assert json.loads(held) == {"user": "token", "password": TOKEN}


def test_control_c_at_the_question_for_the_token_leaves_what_stands_named(home: Home) -> None:
    code, shown = typed(home, "aws", "apply", "-c", "plan.toml", answers={"token of": "\x03"}, ASTRA_TOKEN="")
    assert code == 130
    assert "created  bucket our-lake" in shown
    assert "the next apply finishes it" in shown


def test_destroy_asks_and_takes_no_for_an_answer(home: Home) -> None:
    home.ok("aws", "apply", "-c", "plan.toml")
    code, shown = typed(home, "aws", "destroy", "-c", "plan.toml", answers={"Remove these": "n\n"})
    assert (code, "nothing was removed" in shown) == (0, True)
    assert "role gluepot-lake-job" in shown
    code, shown = typed(home, "aws", "destroy", "-c", "plan.toml", "--data", answers={"WITH THE DATA": "y\n"})
    assert (code, "6 removed" in shown) == (0, True)
