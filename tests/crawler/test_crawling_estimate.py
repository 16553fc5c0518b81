"""The estimate of a crawl, its policy, and what is made of its history: pure, so told in numbers and names."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from gluepot.crawler.estimate import assumptions, estimate
from gluepot.crawler.history import Crawl, added_partitions
from gluepot.crawler.listing import Size
from gluepot.crawler.policy import crawler_policy
from gluepot.crawler.readfile import from_mapping
from gluepot.crawler.stack import stack
from gluepot.crawler.tables import Table, changes

ACCOUNT = "123456789012"
TODAY = dt.date(2026, 11, 2)
FILE: dict[str, Any] = {"name": "landing", "database": "raw", "targets": [{"path": "s3://our-lake/raw"}]}


def size(files: int, pages: int = 1) -> Size:
    return Size("s3://our-lake/raw", files, files * 1000, 0, 1, files, files * 1000, pages, is_whole=True)


def crawled(dpu_hours: float, state: str = "COMPLETED", seconds: float = 600) -> Crawl:
    return Crawl("id", state, 0.0, seconds, dpu_hours)


def policy(**keys: Any) -> dict[str, dict[str, Any]]:
    document = crawler_policy(from_mapping({**FILE, **keys}), "eu-central-1", ACCOUNT)
    return {one["Sid"]: one for one in document["Statement"]}


def test_a_small_crawl_costs_the_minimum() -> None:
    made = estimate(from_mapping(FILE), [size(40)], [], TODAY)
    assert made.basis == "assumed"
    assert made.billed_minutes == 10
    assert made.glue == pytest.approx(10 / 60 * 2 * 0.44)
    assert (made.lists, made.gets) == (1, 40)


def test_a_large_crawl_costs_by_its_files() -> None:
    made = estimate(from_mapping(FILE), [size(60_000, 60), size(39_000, 39)], [], TODAY)
    assert made.minutes == pytest.approx(100)
    assert made.dpu_hours == pytest.approx(100 / 60 * 2)
    assert made.s3 == pytest.approx(99 * 0.005 / 1000 + 99_000 * 0.0004 / 1000)


def test_earlier_crawls_tell_better_than_assumptions_and_failed_ones_do_not_count() -> None:
    history = [crawled(0.9, "FAILED"), crawled(1.5), crawled(1.0), crawled(2.0)]
    made = estimate(from_mapping(FILE), [size(10)], history, TODAY)
    assert (made.basis, made.dpu_hours, made.earlier) == ("measured", 1.5, (1.5, 1.0, 2.0))
    assert any("as the last 3 crawls took" in line for line in assumptions(from_mapping(FILE), made))


def test_a_schedule_is_priced_by_the_month() -> None:
    made = estimate(from_mapping({**FILE, "schedule": "cron(15 2 * * ? *)"}), [size(40)], [], TODAY)
    assert made.runs_a_month == 30
    assert made.a_month == pytest.approx(30 * made.dollars)


def test_the_role_reads_its_prefixes_and_no_others() -> None:
    held = policy(targets=[{"path": "s3://our-lake/raw"}, {"path": "s3://other/a/b"}])
    assert held["ListTargets1"]["Condition"] == {"StringLikeIfExists": {"s3:prefix": ["raw", "raw/*"]}}
    assert held["ListTargets2"]["Resource"] == ["arn:aws:s3:::other"]
    assert held["ReadTargets"]["Resource"] == ["arn:aws:s3:::our-lake/raw/*", "arn:aws:s3:::other/a/b/*"]
    assert held["ReadTargets"]["Action"] == ["s3:GetObject"]


def test_the_role_writes_its_database_and_no_other() -> None:
    assert policy()["KeepTables"]["Resource"] == [
        f"arn:aws:glue:eu-central-1:{ACCOUNT}:catalog",
        f"arn:aws:glue:eu-central-1:{ACCOUNT}:database/raw",
        f"arn:aws:glue:eu-central-1:{ACCOUNT}:table/raw/*",
    ]


@pytest.mark.parametrize(
    ("keys", "may", "may_not"),
    [
        ({}, "glue:UpdateTable", "glue:DeleteTable"),
        ({"schema_change": {"delete": "delete"}}, "glue:DeleteTable", "glue:DeleteDatabase"),
        ({"schema_change": {"update": "log", "delete": "log"}}, "glue:CreateTable", "glue:UpdateTable"),
        ({"recrawl": "new_folders"}, "glue:BatchCreatePartition", "glue:UpdateTable"),
    ],
)
def test_the_role_may_do_what_its_policy_of_changes_says_and_no_more(
    keys: dict[str, Any], may: str, may_not: str
) -> None:
    actions = policy(**keys)["KeepTables"]["Action"]
    assert may in actions
    assert may_not not in actions


def test_a_key_is_in_the_policy_where_one_is_named() -> None:
    assert "UseKey" not in policy()
    key = "arn:aws:kms:eu-central-1:123456789012:key/1"
    assert policy(kms_key=key)["UseKey"]["Resource"] == [key]


def test_a_crawler_is_what_the_file_says() -> None:
    target = {"path": "s3://our-lake/raw/", "exclude": ["**.bak"], "sample_size": 5}
    tables = {"level": 3, "combine": True, "keep_columns": True, "prefix": "p_"}
    file = from_mapping({**FILE, "targets": [target], "tables": tables, "schema_change": {"delete": "delete"}})
    (*_, crawler) = stack(file, "eu-central-1", ACCOUNT)
    assert crawler.needs == (("database", "raw"), ("role", "landing-crawler"))
    assert crawler.wanted["Targets"] == {
        "S3Targets": [{"Path": "s3://our-lake/raw/", "Exclusions": ["**.bak"], "SampleSize": 5}]
    }
    assert crawler.wanted["SchemaChangePolicy"] == {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DELETE_FROM_DATABASE",
    }
    assert crawler.wanted["Configuration"] == {
        "Version": 1.0,
        "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": 3},
        "CrawlerOutput": {
            "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
            "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
        },
    }


@pytest.mark.parametrize("said", ["", "not JSON", "[]", '{"PARTITION": 1}', '{"PARTITION": {"ADD": "x"}}'])
def test_a_summary_that_cannot_be_read_counts_as_nothing(said: str) -> None:
    assert added_partitions(said) == {}


def test_partitions_are_counted_from_the_text_inside_the_text() -> None:
    inner = json.dumps({"Details": {"orders": ["day=1", "day=2"]}, "Count": 2})
    assert added_partitions(json.dumps({"PARTITION": {"ADD": inner}})) == {"orders": 2}


def table(name: str, version: str = "1", crawler: str = "landing", *, gone: bool = False, **columns: str) -> Table:
    return Table(name, version, columns, {"day": "string"}, f"s3://our-lake/raw/{name}/", "json", crawler, gone)


def test_each_change_of_a_table_is_told_by_its_kind() -> None:
    before = {
        one.name: one
        for one in (
            table("a", id="int", old="int"),
            table("b", id="int"),
            table("c", id="int"),
            table("d", id="int"),
            table("e", id="int"),
            table("f", id="int"),
        )
    }
    after = {
        one.name: one
        for one in (
            table("a", "2", id="bigint", new="string"),
            table("b", "2", id="int"),
            table("c", id="int"),
            table("d", "2", gone=True, id="int"),
            table("f", id="int"),
            table("g", id="int"),
        )
    }
    made = {one.table.name: one for one in changes(before, after, {"c": 3}, "landing")}
    assert {name: one.change for name, one in made.items()} == {
        "a": "updated",
        "b": "touched",
        "c": "extended",
        "d": "deprecated",
        "e": "deleted",
        "g": "created",
    }
    assert (made["a"].added, made["a"].dropped) == ({"new": "string"}, ("old",))
    assert made["a"].retyped == {"id": ("int", "bigint")}
    assert made["c"].partitions == 3
    assert made["g"].added == {"id": "int", "day": "string"}


def test_what_others_did_meanwhile_is_not_told() -> None:
    assert changes({}, {"x": table("x", crawler="another")}, {}, "landing") == []
