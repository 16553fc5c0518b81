"""What a configuration most likely does not mean is said, in text and in JSON."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.cli import next_second
from tests.support.collecting import table

from gluepot.collector.notices import Patterns, another_account, another_region, mark_beside
from gluepot.config import from_mapping
from gluepot.config.model import Globs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.cli import Home
    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator


def patterns(names: list[str], *include: str, exclude: tuple[str, ...] = ()) -> list[str]:
    found = Patterns("databases", Globs(include=include or ("*",), exclude=exclude))
    for name in names:
        found.saw(name)
    return list(found.warnings("databases"))


@pytest.mark.parametrize(
    ("names", "include", "said"),
    [
        (["sales", "stock"], ["*"], []),
        (["sales", "stock"], ["SALES", "st*"], []),
        (["sales"], ["slaes"], ["'slaes' matches none of the 1 databases that were listed; did you mean 'sales'?"]),
        (["sales"], ["sales", "x?"], ["'x?' matches none of the 1 databases that were listed"]),
        ([], ["sales"], ["'sales' matches none of the 0 databases that were listed"]),
    ],
)
def test_an_include_that_matches_nothing_is_named(names: list[str], include: list[str], said: list[str]) -> None:
    assert patterns(names, *include) == [f"databases.include: {text}" for text in said]


def test_an_exclude_is_named_where_it_looks_like_a_slip() -> None:
    assert patterns(["salaries"], exclude=("*_tmp", "drafts")) == []
    (said,) = patterns(["salaries"], exclude=("salarys",))
    assert said == "databases.exclude: 'salarys' matches none of the databases; did you mean 'salaries'?"


def test_a_pattern_for_tables_is_held_against_both_names(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("orders"), table("items")])
    found = run(tables={"include": ["sales.orders", "sales.itmes"]})
    (said,) = found.collected.warnings
    assert said.endswith("'sales.itmes' matches none of the 2 tables that were listed; did you mean 'sales.items'?")


def test_a_database_that_is_misspelt_and_an_empty_region_are_told(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")])
    found = run(databases={"include": ["salse"]}, regions=["us-east-1", "eu-west-1"])
    assert [warned.message for warned in found.manifest.warnings] == list(found.collected.warnings)
    misspelt, empty = found.collected.warnings
    assert "did you mean 'sales'?" in misspelt
    assert empty == "there is no database in eu-west-1 of 123456789012: is it the right region?"


@pytest.mark.parametrize(
    ("server", "account", "told"),
    [
        ("123456789012_glue", "123456789012", False),
        ("shop_glue", "123456789012", False),
        ("111111111111_glue", "123456789012", True),
        ("glue-111111111111", "123456789012", True),
        ("1111111111112222_glue", "123456789012", False),
        ("111111111111_glue", "", False),
    ],
)
def test_a_server_of_another_account_is_told(server: str, account: str, *, told: bool) -> None:
    assert bool(another_account(server, account)) is told


@pytest.mark.parametrize(
    ("keys", "environ", "told"),
    [
        ({}, "us-east-1", True),
        ({}, "ap-southeast-2", False),
        ({}, "", False),
        ({"regions": ["ap-southeast-2"]}, "us-east-1", False),
        ({"accounts": [{"server": "a", "regions": ["eu-west-1"]}]}, "us-east-1", False),
        ({"accounts": [{"server": "a", "regions": ["eu-west-1"]}, {"server": "b"}]}, "us-east-1", True),
    ],
)
def test_regions_left_out_where_the_environment_names_another(
    monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any], environ: str, *, told: bool
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_DEFAULT_REGION", environ)
    said = another_region(from_mapping(keys))
    assert ("ap-southeast-2 is read, and the environment names us-east-1" in said) is told


def test_a_mark_beside_the_configuration_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside, here = tmp_path / "etc", tmp_path / "here"
    for folder in (beside, here):
        folder.mkdir()
    monkeypatch.chdir(here)
    assert mark_beside(from_mapping({}), "glue", beside, ["a"]) == ""
    (beside / "glue_hwm.txt").write_text("2026-01-01 00:00:00\n")
    said = mark_beside(from_mapping({}), "glue", beside, ["a"])
    assert f"there is no mark in {here}, and {beside}/glue_hwm.txt stands at 2026-01-01 00:00:00" in said
    for config in (from_mapping({"hwm": str(here)}), from_mapping({"hwm": "s3://marks/x"})):
        assert mark_beside(config, "glue", beside, ["a"]) == ""
    assert mark_beside(from_mapping({}), "other", beside, ["a"]) == ""
    assert mark_beside(from_mapping({}), "glue", here, ["a"]) == ""


def test_run_and_check_say_it_with_whole_paths(home: Home) -> None:
    home.configure(server="111111111111_glue", landing={"url": "lz"}, databases={"include": ["sale"]})
    done = home.run("check", "-c", "c.json")
    assert done.returncode == 0
    assert "names the account 111111111111" in " ".join(done.stdout.split())
    assert "did you mean 'sales'?" in " ".join(done.stdout.split())
    told = home.json("check", "-c", "c.json")
    places = {line["what"]: line["where"] for line in told["places"]}
    assert places["landing"] == str(home.folder / "lz")
    assert places["output_path"] == str(home.folder / "output")
    assert places["hwm"] == str(home.folder / "glue_hwm.txt")
    assert {line["what"] for line in told["access"] if line["status"] == "warning"} == {"server", "databases"}
    ran = home.run("run", "-c", "c.json")
    assert ran.stderr.count("warning: ") == 2
    for place in ("output", "lz", "glue_hwm.txt"):
        assert str(home.folder / place) in ran.stdout
    assert "regions    us-east-1" in ran.stdout
    next_second()
    collected = home.json("run", "-c", "c.json")["collected"]
    assert len(collected["warnings"]) == 2
    assert [region["region"] for region in collected["runs"][0]["regions"]] == ["us-east-1"]
    assert collected["kept_in"] == str(home.folder / "glue_hwm.txt")


def test_another_working_folder_is_told(home: Home) -> None:
    home.configure(landing={"url": "lz"})
    home.ok("run", "-c", "c.json")
    other = home.folder / "elsewhere"
    other.mkdir()
    home.folder = other
    (warning,) = home.json("run", "-c", "../c.json")["collected"]["warnings"]
    assert f"there is no mark in {other}" in warning
    assert "check" not in warning
    third = home.folder / "third"
    third.mkdir()
    home.folder = third
    told = home.json("check", "-c", "../../c.json")
    (mark,) = [line for line in told["places"] if line["what"] == "hwm"]
    assert mark["status"] == "warning"
