"""check, status, hwm, init, config and access, as a person uses them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.cli import SECRETS, next_second
from tests.support.collecting import table

from gluepot import config
from gluepot_sandbox import aws as emulator

if TYPE_CHECKING:
    from tests.support.cli import Home

ARN = "arn:aws:glue:us-east-1:123456789012"


def fault(home: Home, operation: str, **more: Any) -> None:
    home.aws.add(faults=[emulator.Fault(emulator.FaultKind.DENIED, operation=operation, **more)])


def statuses(report: Any) -> dict[str, str]:
    return {line["what"]: line["status"] for line in (*report["access"], *report["places"])}


def test_check_goes_through_every_api_and_leaves_nothing(home: Home) -> None:
    report = home.json("check", "-c", "c.json", process=True)
    assert statuses(report) == {
        "sts:GetCallerIdentity": "ok",
        "glue:GetCatalogs": "ok",
        "glue:GetDatabases": "ok",
        "glue:GetTables": "ok",
        "glue:GetDatabase": "ok",
        "glue:GetTable": "ok",
        "output_path": "ok",
        "landing": "ok",
        "hwm": "ok",
    }
    assert home.landed() == []
    assert not (home.folder / "output").exists()
    assert any("writing to the landing" in told for told in report["not_tried"])


def test_check_names_the_action_and_the_resource_and_what_is_lost(home: Home) -> None:
    fault(home, "GetTable")
    fault(home, "GetTables")
    report = home.json("check", "-c", "c.json", code=3)
    lines = {line["what"]: line for line in report["access"]}
    table, tables = lines["glue:GetTable"], lines["glue:GetTables"]
    assert (tables["action"], tables["resource"]) == ("glue:GetTables", f"{ARN}:table/sales/*")
    assert (table["action"], table["resource"]) == ("glue:GetTable", f"{ARN}:table/sales/*")
    assert table["detail"] == "without it deletions are proven only by listing"
    text = home.ok("check", "-c", "c.json", code=3)
    assert "missing: glue:GetTables" in text


def test_without_the_call_for_nested_catalogs_check_says_what_stays_unknown_and_succeeds(home: Home) -> None:
    assert statuses(home.json("check", "-c", "c.json"))["glue:GetCatalogs"] == "ok"
    fault(home, "GetCatalogs")
    lines = {line["what"]: line for line in home.json("check", "-c", "c.json")["access"]}
    refused = lines["glue:GetCatalogs"]
    assert (refused["status"], refused["action"], refused["resource"]) == (
        "limited",
        "glue:GetCatalogs",
        f"{ARN}:catalog",
    )


def test_a_denial_for_absent_names_only_is_the_habit_of_lake_formation(home: Home) -> None:
    """GetTable and GetDatabase work for what is there, so no permission is missing; the proof is."""
    fault(home, "GetTable", table="gluepot_check_absent")
    fault(home, "GetDatabase", database="gluepot_check_absent")
    report = home.json("check", "-c", "c.json")
    found = statuses(report)
    assert (found["glue:GetTable"], found["glue:GetDatabase"]) == ("limited", "limited")


def test_a_refused_role_is_named_where_the_chain_breaks(home: Home) -> None:
    first, second = (f"arn:aws:iam::123456789012:role/{name}" for name in ("first", "second"))
    home.aws.change(strict=True, roles=[emulator.Role(arn=first)], accounts={emulator.ACCESS_KEY: "123456789012"})
    home.configure(role=[first, second], external_id=SECRETS[2])
    report = home.json("check", "-c", "c.json", code=4)
    lines = [(line["what"], line["status"], line["resource"]) for line in report["access"]][:2]
    assert lines == [("sts:AssumeRole", "ok", ""), ("sts:AssumeRole", "denied", second)]
    assert not report["reached"]


def test_two_regions_are_told_apart(home: Home) -> None:
    home.configure(regions=["us-east-1", "eu-west-1"])
    fault(home, "GetDatabases", region="eu-west-1")
    report = home.json("check", "-c", "c.json", code=3)
    found = {line["where"]: line["status"] for line in report["access"] if line["what"] == "glue:GetDatabases"}
    assert found == {"shop_glue in us-east-1": "ok", "shop_glue in eu-west-1": "denied"}


def test_an_endpoint_that_does_not_answer_is_4(home: Home) -> None:
    done = home.run("check", "-c", "c.json", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert done.returncode == 4
    assert "127.0.0.1:1" in done.stdout


@pytest.mark.parametrize("url", ["s3://no-such-bucket/lz", "/dev/null/lz"])
def test_a_landing_that_is_not_there_is_told(home: Home, url: str) -> None:
    home.configure(landing={"url": url})
    assert statuses(home.json("check", "-c", "c.json", code=3))["landing"] == "failed"


def test_status_tells_the_runs_from_their_manifests(home: Home) -> None:
    assert "no run has left a manifest" in home.ok("status", "-c", "c.json", process=True)
    home.ok("run", "-c", "c.json")
    next_second()
    home.create("secretive")
    fault(home, "GetTables", database="secretive")
    home.ok("collect", "-c", "c.json", code=3)
    report = home.json("status", "-c", "c.json")
    assert [(run["state"], run["complete"], run["full"]) for run in report["runs"]] == [
        ("pending", False, False),
        ("pushed", True, True),
    ]
    assert report["runs"][0]["problems"][0]["action"] == "glue:GetTables"
    assert report["marks"][0]["mark"] == home.mark == report["runs"][1]["end"]
    text = home.ok("status", "-c", "c.json", "--last", "1")
    assert "secretive" in text
    assert "and 1 earlier run" in text


def test_a_broken_manifest_is_named_and_the_others_are_shown(home: Home) -> None:
    home.ok("run", "-c", "c.json")
    (home.folder / "output" / "MANIFEST_20200101000000.json").write_text("{ not json")
    (home.folder / "output" / "MANIFEST_20200102000000.json").write_text('{"format": 99}')
    done = home.run("status", "-c", "c.json")
    assert done.returncode == 0
    assert "shop_glue" in done.stdout
    assert "MANIFEST_20200101000000.json is not shown" in done.stderr
    assert "pip install -U gluepot" in done.stderr


def test_status_finds_each_servers_folder(home: Home) -> None:
    home.configure(server=None, accounts=[{"server": "a"}, {"server": "b", "role": "arn:aws:iam::222222222222:role/r"}])
    home.ok("run", "-c", "c.json")
    assert {run["server"] for run in home.json("status", "-c", "c.json")["runs"]} == {"a", "b"}


def test_marks_are_shown_and_set(home: Home) -> None:
    assert home.json("hwm", "show", process=True)["mark"] == "1970-01-01 00:00:00"
    home.ok("run", "-c", "c.json")
    assert "incremental" in home.json("hwm", "show", "-c", "c.json")["generation"]
    told = home.json("hwm", "set", "2020-01-02T03:04:05Z", "-c", "c.json", process=True)
    assert (told["mark"], home.mark) == ("2020-01-02 03:04:05", "2020-01-02 03:04:05")
    assert told["generation"].startswith("no generation for 2020-01-02 03:04:05")
    future = home.run("hwm", "set", "2999-01-01 00:00:00")
    assert "lies in the future" in future.stderr


def test_setting_a_mark_cures_a_broken_one(home: Home) -> None:
    (home.folder / "glue_hwm.txt").write_text("yesterday")
    shown = home.run("hwm", "show")
    assert shown.returncode == 2
    assert "gluepot hwm set" in shown.stderr
    home.ok("hwm", "set", "2020-01-01 00:00:00")
    assert home.mark == "2020-01-01 00:00:00"


@pytest.mark.parametrize("name", ["gluepot.toml", "gluepot.yaml", "gluepot.json"])
def test_init_writes_a_configuration_that_is_valid_and_never_overwrites(home: Home, name: str) -> None:
    assert name in home.ok("init", "-o", name)
    config.load(home.folder / name)
    again = home.run("init", "-o", name)
    assert (again.returncode, "is never overwritten" in again.stderr) == (2, True)


def test_init_prints_to_a_dash(home: Home) -> None:
    assert home.ok("init", "-o", "-", process=True) == config.example("toml")
    assert json.loads(home.ok("init", "-o", "-", "--style", "json"))


@pytest.mark.parametrize("name", ["gluepot.toml", "gluepot.yaml", "gluepot.json"])
def test_init_check_run_work_one_after_the_other_as_help_prints_it(home: Home, name: str) -> None:
    home.aws.add(tables=[table("t", region="ap-southeast-2")])
    home.ok("init", "-o", name)
    home.ok("check", "-c", name)
    told = home.json("run", "-c", name)
    (run,) = told["collected"]["runs"]
    assert (run["server"], run["landing"]) == ("123456789012_glue", str(home.folder / "landing"))
    assert told["collected"]["warnings"] == []
    assert run["counts"]["tables_listed"] == 1
    assert home.files("landing") == home.files("output/pushed")


def test_the_schema_and_the_policy_are_json(home: Home) -> None:
    assert json.loads(home.ok("config", "schema", process=True)) == json.loads(json.dumps(config.schema()))
    policy = json.loads(home.ok("access", "policy", "-c", "c.json", "--s3", "s3://bucket/x", process=True))
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert {"glue:GetDatabases", "glue:GetTables", "s3:GetObject"} <= set(actions)


def test_the_role_is_a_template(home: Home) -> None:
    text = home.ok(
        "access", "role", "-c", "c.json", "--principal", "999999999999", "--external-id", "abc-123", process=True
    )
    assert "arn:aws:iam::999999999999:root" in text
    assert "sts:ExternalId: abc-123" in text
    assert home.json("access", "role", "-c", "c.json", "--principal", "999999999999")["template"].startswith("AWSTemp")
    assert home.run("access", "role", "-c", "c.json", "--principal", "nobody").returncode == 2


def test_every_command_teaches(home: Home) -> None:
    """--help has a summary, an example and the exit codes."""
    names = ["init", "check", "run", "collect", "push", "status", "demo"]
    pairs = [["hwm", "show"], ["hwm", "set"], ["config", "schema"], ["access", "policy"], ["access", "role"]]
    for command in ([name] for name in names):
        text = home.ok(*command, "--help")
        assert "Example: gluepot" in text
        assert "Exit codes: 0 complete" in text
    for command in pairs[:2]:
        assert "Example: gluepot" in home.ok(*command, "--help")
    assert home.ok("--version", process=True).startswith("gluepot ")
