"""Crawlers against an emulated AWS whose crawlers read real files, as far as their role may."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.crawls import BUCKET, EVENTS, ORDERS, PEOPLE, REGION, filled

from gluepot.crawler import crawl, listing, running
from gluepot.crawler.history import Crawl
from gluepot.errors import BusyError, ConfigError, DeniedError, RemoteError
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.crawls import CrawlBench

    from gluepot_sandbox.aws import Emulator

POLICY = "gluepot"


@pytest.fixture
def bench(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[CrawlBench]:
    """A bucket with data, and a crawler's file; at the end the emulator has made no invalid answer."""
    yield from filled(server, monkeypatch)


# apply -----------------------------------------------------------------------------------------------


def test_database_role_and_crawler_are_made_once(bench: CrawlBench) -> None:
    assert bench.apply() == {"database": "created", "role": "created", "crawler": "created"}
    assert set(bench.actions().values()) == {"leave"}
    assert bench.apply() == {"database": "left", "role": "left", "crawler": "left"}


def test_the_crawler_is_what_the_file_says(bench: CrawlBench) -> None:
    bench.plan(schedule="cron(15 2 * * ? *)", recrawl="new_folders", tables={"prefix": "p_"}, tags={"team": "data"})
    bench.apply()
    made = bench.glue.get_crawler(Name="landing")["Crawler"]
    assert made["Targets"]["S3Targets"] == [{"Path": f"s3://{BUCKET}/raw/", "Exclusions": ["**.bak"]}]
    assert made["Schedule"]["ScheduleExpression"] == "cron(15 2 * * ? *)"
    assert made["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}
    assert made["SchemaChangePolicy"] == {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
    assert (made["TablePrefix"], made["Role"]) == ("p_", "landing-crawler")
    arn = f"arn:aws:glue:{REGION}:123456789012:crawler/landing"
    tags = bench.glue.get_tags(ResourceArn=arn)["Tags"]
    assert tags["gluepot:stack"] == f"crawler/landing/{REGION}"
    assert tags["team"] == "data"


def test_a_changed_file_changes_the_crawler_and_nothing_else(bench: CrawlBench) -> None:
    bench.plan(schedule="cron(15 2 * * ? *)")
    bench.apply()
    bench.plan()  # without the schedule
    assert bench.actions() == {"database": "leave", "role": "leave", "crawler": "update"}
    assert bench.apply()["crawler"] == "updated"
    assert "ScheduleExpression" not in bench.glue.get_crawler(Name="landing")["Crawler"].get("Schedule", {})


def test_what_was_changed_by_hand_is_shown_and_only_set_back_when_forced(bench: CrawlBench) -> None:
    bench.apply()
    bench.glue.update_crawler(Name="landing", Role="landing-crawler", TablePrefix="by_hand_", Classifiers=["theirs"])
    assert bench.actions()["crawler"] == "drift"
    assert bench.apply()["crawler"] == "drifted"
    assert bench.glue.get_crawler(Name="landing")["Crawler"]["TablePrefix"] == "by_hand_"
    assert bench.apply(force=True)["crawler"] == "updated"
    told = bench.glue.get_crawler(Name="landing")["Crawler"]
    assert (told["TablePrefix"], told["Classifiers"]) == ("", [])


def test_a_role_that_is_somebody_elses_stops_everything(bench: CrawlBench) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    bench.iam.create_role(RoleName="landing-crawler", AssumeRolePolicyDocument=json.dumps(trust))
    with pytest.raises(ConfigError, match="role landing-crawler is there already"):
        bench.apply()
    assert bench.glue.get_databases()["DatabaseList"] == []


def test_a_crawler_of_another_file_is_never_taken_over(bench: CrawlBench) -> None:
    bench.apply()
    bench.glue.tag_resource(
        ResourceArn=f"arn:aws:glue:{REGION}:123456789012:crawler/landing",
        TagsToAdd={"gluepot:stack": "crawler/another/eu-central-1"},
    )
    with pytest.raises(ConfigError, match="it is of gluepot's crawler/another"):
        bench.apply()


def test_a_database_that_is_there_is_used_as_it_is(bench: CrawlBench) -> None:
    bench.glue.create_database(DatabaseInput={"Name": "raw", "Description": "theirs"})
    assert bench.apply()["database"] == "left"
    assert bench.glue.get_database(Name="raw")["Database"]["Description"] == "theirs"
    assert bench.crawled()["orders"] == "created"


def test_a_database_that_must_be_there_and_is_not_is_refused(bench: CrawlBench) -> None:
    bench.plan(create_database=False)
    with pytest.raises(ConfigError, match="there is no database raw"):
        bench.apply()


def test_a_new_role_is_waited_for(bench: CrawlBench) -> None:
    words = "Service is unable to assume provided role. Please verify role's TrustPolicy"
    late = Fault(
        FaultKind.ERROR, operation="CreateCrawler", code="InvalidInputException", status=400, message=words, times=1
    )
    bench.aws.add(faults=[late])
    assert bench.apply()["crawler"] == "created"
    assert len(bench.aws.calls("CreateCrawler")) == 2


def test_a_quota_that_is_full_is_told_with_what_stands(bench: CrawlBench) -> None:
    code = "ResourceNumberLimitExceededException"
    full = Fault(FaultKind.ERROR, operation="CreateCrawler", code=code, status=400, message="1000 crawlers")
    bench.aws.add(faults=[full])
    done = {one.resource.kind: one for one in crawl.apply(bench.file, bench.clients)}
    assert (done["role"].outcome, done["crawler"].outcome) == ("created", "failed")
    assert done["crawler"].error is not None
    assert "Service Quotas" in done["crawler"].error.hint
    bench.aws.change(faults=[])
    assert bench.apply() == {"database": "left", "role": "left", "crawler": "created"}


def test_destroy_removes_what_apply_made_and_keeps_the_tables(bench: CrawlBench) -> None:
    bench.apply()
    bench.run()
    done = {one.resource.kind: one.outcome for one in crawl.destroy(bench.file, bench.clients)}
    assert done == {"crawler": "removed", "role": "removed", "database": "kept"}
    assert bench.table("orders")["Name"] == "orders"
    assert crawl.destroy(bench.file, bench.clients, data=True)[-1].outcome == "removed"


# plan ------------------------------------------------------------------------------------------------


def test_a_plan_says_what_is_listed_read_and_left_out(bench: CrawlBench) -> None:
    for number in range(5):
        bench.put(f"raw/orders/day=2026-01-01/{number}.parquet", ORDERS)
    bench.plan(targets=[{"path": f"s3://{BUCKET}/raw", "exclude": ["**.bak"], "sample_size": 2}])
    (size,) = crawl.plan(bench.file, bench.clients).sizes
    assert (size.objects, size.left_out, size.folders, size.files) == (10, 1, 4, 5)
    assert size.size > size.read_bytes > 0


def test_a_listing_goes_over_as_many_pages_as_there_are(bench: CrawlBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    (size,) = crawl.plan(bench.file, bench.clients).sizes
    assert (size.objects, size.pages) == (5, 3)


def test_a_target_with_too_many_objects_is_counted_in_part(bench: CrawlBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    monkeypatch.setattr(listing, "MOST", 3)
    (size,) = crawl.plan(bench.file, bench.clients).sizes
    assert (size.objects, size.is_whole) == (4, False)


def test_with_new_folders_only_those_count_that_are_new(bench: CrawlBench) -> None:
    bench.plan(recrawl="new_folders")
    assert crawl.plan(bench.file, bench.clients).estimate.gets == 4
    bench.apply()
    bench.run()
    assert crawl.plan(bench.file, bench.clients).estimate.gets == 0
    time.sleep(1.1)  # S3 tells when an object was written by the second
    bench.put("raw/orders/day=2026-01-03/a.parquet", ORDERS)
    assert crawl.plan(bench.file, bench.clients).estimate.gets == 1


def test_a_bucket_that_is_not_there_is_named(bench: CrawlBench) -> None:
    bench.plan(targets=[{"path": "s3://nowhere-at-all/raw"}])
    with pytest.raises(ConfigError, match="there is no bucket nowhere-at-all"):
        crawl.plan(bench.file, bench.clients)


def test_a_listing_that_is_denied_names_the_statement_that_would_allow_it(bench: CrawlBench) -> None:
    bench.aws.add(faults=[Fault(FaultKind.DENIED, service="s3", operation="GET", path=f"{BUCKET}*")])
    with pytest.raises(DeniedError) as caught:
        crawl.plan(bench.file, bench.clients)
    assert f'"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::{BUCKET}"' in caught.value.hint


# run -------------------------------------------------------------------------------------------------


def test_tables_are_made_of_what_the_files_hold(bench: CrawlBench) -> None:
    bench.apply()
    crawled = bench.run()
    assert {one.table.name: one.change for one in crawled.changes} == {
        "events": "created",
        "orders": "created",
        "people": "created",
    }
    assert bench.columns("orders") == {"id": "bigint", "name": "string", "price": "double", "tags": "array<string>"}
    assert bench.columns("people") == {"id": "bigint", "name": "string", "born": "bigint", "height": "double"}
    assert bench.columns("events") == {"id": "bigint", "who": "struct<name:string>", "n": "array<int>"}
    assert bench.partitions("orders") == [["2026-01-01"], ["2026-01-02"]]
    assert {one.table.name: one.partitions for one in crawled.changes}["orders"] == 2
    assert bench.table("people")["Parameters"]["skip.header.line.count"] == "1"
    assert crawled.complaints == ()


def test_a_second_crawl_of_the_same_changes_nothing(bench: CrawlBench) -> None:
    bench.apply()
    bench.run()
    assert bench.crawled() == {}


def test_new_columns_and_partitions_are_told(bench: CrawlBench) -> None:
    bench.apply()
    bench.run()
    bench.put("raw/orders/day=2026-01-03/a.parquet", {**ORDERS, "note": ["n", "m"]})
    (change,) = bench.run().changes
    assert (change.table.name, change.change, change.added) == ("orders", "updated", {"note": "string"})
    assert change.partitions == 1


def test_a_file_more_of_the_same_only_touches_the_table(bench: CrawlBench) -> None:
    bench.apply()
    bench.run()
    bench.put("raw/people/q.csv", PEOPLE)
    assert bench.crawled() == {"people": "touched"}


@pytest.mark.parametrize(
    ("delete", "told"), [("deprecate", {"people": "deprecated"}), ("delete", {"people": "deleted"}), ("log", {})]
)
def test_tables_whose_files_are_gone_are_treated_as_the_file_says(
    bench: CrawlBench, delete: str, told: dict[str, str]
) -> None:
    bench.plan(schema_change={"delete": delete})
    bench.apply()
    bench.run()
    bench.s3.delete_object(Bucket=BUCKET, Key="raw/people/p.csv")
    assert bench.crawled() == told


def test_columns_are_not_touched_where_changes_are_only_logged(bench: CrawlBench) -> None:
    bench.plan(schema_change={"update": "log"})
    bench.apply()
    bench.run()
    bench.put("raw/events/f.json", EVENTS.replace(b"}\n", b', "m": 1}\n'))
    assert bench.crawled() == {}
    assert "m" not in bench.columns("events")


def test_new_folders_become_partitions_and_old_ones_are_not_read_again(bench: CrawlBench) -> None:
    bench.plan(recrawl="new_folders")
    bench.apply()
    bench.run()
    bench.put("raw/orders/day=2026-01-01/b.parquet", {**ORDERS, "late": [1, 2]})
    bench.put("raw/orders/day=2026-01-03/a.parquet", ORDERS)
    assert bench.crawled() == {"orders": "extended"}
    assert "late" not in bench.columns("orders")
    assert len(bench.partitions("orders")) == 3


def test_a_sample_sees_the_first_files_only(bench: CrawlBench) -> None:
    bench.plan(targets=[{"path": f"s3://{BUCKET}/raw", "exclude": ["**.bak"], "sample_size": 1}])
    bench.put("raw/people/q.csv", PEOPLE.replace(b"height", b"weight"))
    bench.apply()
    bench.run()
    assert "height" in bench.columns("people")
    assert "weight" not in bench.columns("people")


def test_several_targets_and_levels_and_prefixes(bench: CrawlBench) -> None:
    bench.put("elsewhere/only/x.json", EVENTS)
    targets = [{"path": f"s3://{BUCKET}/raw/orders"}, {"path": f"s3://{BUCKET}/elsewhere"}]
    bench.plan(targets=targets, tables={"prefix": "p_", "level": 3})
    bench.apply()
    assert bench.crawled() == {"p_orders": "created", "p_only": "created"}


def test_a_name_that_is_taken_gets_a_hash_behind_it(bench: CrawlBench) -> None:
    storage = {"Columns": [], "Location": "s3://elsewhere/people/"}
    bench.apply()
    bench.glue.create_table(DatabaseName="raw", TableInput={"Name": "people", "StorageDescriptor": storage})
    made = bench.crawled()
    assert bench.table("people")["StorageDescriptor"]["Location"] == "s3://elsewhere/people/"
    assert [name for name in made if name.startswith("people_")]


def test_what_nobody_can_read_is_told_as_a_warning(bench: CrawlBench) -> None:
    bench.put("raw/odd/x.bin", b"\xff\xfe\x00\x01")
    bench.apply()
    crawled = bench.run()
    assert any("raw/odd/x.bin" in line for line in crawled.complaints)
    assert "odd" not in {one.table.name for one in crawled.changes}


# run, and what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sid", "action"),
    [
        ("ListTargets", "s3:ListBucket"),
        ("ReadTargets", "s3:GetObject"),
        ("KeepTables", "glue:GetDatabase"),
        ("WriteLog", "logs:CreateLogGroup"),
    ],
)
def test_every_statement_of_the_role_is_needed(bench: CrawlBench, sid: str, action: str) -> None:
    bench.apply()
    document = bench.iam.get_role_policy(RoleName="landing-crawler", PolicyName=POLICY)["PolicyDocument"]
    left = [one for one in document["Statement"] if one["Sid"] != sid]
    changed = json.dumps({**document, "Statement": left})
    bench.iam.put_role_policy(RoleName="landing-crawler", PolicyName=POLICY, PolicyDocument=changed)
    with pytest.raises(DeniedError) as caught:
        bench.run()
    assert caught.value.action == action
    assert f'"Action": "{action}"' in caught.value.hint
    assert bench.apply(force=True)["role"] == "updated"
    assert bench.crawled()["orders"] == "created"


def test_the_role_reads_no_other_prefix(bench: CrawlBench) -> None:
    bench.put("private/x.json", EVENTS)
    bench.apply()
    bench.glue.update_crawler(Name="landing", Targets={"S3Targets": [{"Path": f"s3://{BUCKET}/private/"}]})
    with pytest.raises(DeniedError, match="s3:ListBucket"):
        bench.run()


def test_the_cause_of_a_failure_comes_from_the_log(bench: CrawlBench) -> None:
    bench.apply()
    bench.glue.update_crawler(Name="landing", DatabaseName="nowhere")
    with pytest.raises(DeniedError) as caught:
        bench.run()
    assert caught.value.resource == f"arn:aws:glue:{REGION}:123456789012:database/nowhere"


def test_a_failure_without_a_word_says_where_the_log_is(bench: CrawlBench) -> None:
    done = Crawl("id", "FAILED", 0.0, 1.0, 0.1, log=("/aws-glue/crawlers", "landing", "id"))
    error = running.failure(bench.file, done, ())
    assert isinstance(error, RemoteError)
    assert "stream landing of /aws-glue/crawlers" in error.hint


def test_one_crawl_at_a_time(bench: CrawlBench) -> None:
    bench.apply()
    bench.aws.change(latency_of={"Crawl": 60_000})
    running.start(bench.clients, "landing")
    with pytest.raises(BusyError, match="crawling already"):
        bench.run()
    bench.plan(schedule="cron(15 2 * * ? *)")
    done = {one.resource.kind: one for one in crawl.apply(bench.file, bench.clients)}
    assert done["crawler"].why == "crawler landing cannot be changed" or isinstance(done["crawler"].error, BusyError)
    assert running.stop(bench.clients, "landing")
    running.wait(bench.clients, "landing")
    assert crawl.status(bench.file, bench.clients).crawls[0].state == "STOPPED"
    assert not running.stop(bench.clients, "landing")


def test_a_crawl_is_watched(bench: CrawlBench) -> None:
    bench.apply()
    bench.aws.change(latency_of={"Crawl": 700})
    seen: list[Any] = []
    crawl.run(bench.file, bench.clients, seen.append)
    assert {look.state for look in seen} == {"RUNNING"}
    assert seen[-1].seconds > seen[0].seconds


def test_a_crawler_that_was_not_applied_is_named(bench: CrawlBench) -> None:
    bench.glue.create_database(DatabaseInput={"Name": "raw"})
    with pytest.raises(ConfigError, match="there is no crawler landing"):
        bench.run()
    with pytest.raises(ConfigError, match="there is no crawler landing"):
        crawl.status(bench.file, bench.clients)


def test_throttled_and_cut_answers_are_asked_for_again(bench: CrawlBench) -> None:
    bench.apply()
    bench.aws.add(
        faults=[
            Fault(FaultKind.THROTTLE, operation="GetCrawler", times=2),
            Fault(FaultKind.TRUNCATE_SILENT, operation="ListCrawls", times=1),
            Fault(FaultKind.RESET, operation="GetTables", times=1),
        ]
    )
    assert bench.crawled()["orders"] == "created"


# status ----------------------------------------------------------------------------------------------


def test_status_tells_crawls_and_tables(bench: CrawlBench) -> None:
    bench.apply()
    bench.run()
    bench.iam.delete_role_policy(RoleName="landing-crawler", PolicyName=POLICY)
    with pytest.raises(DeniedError):
        bench.run()
    found = crawl.status(bench.file, bench.clients)
    assert [one.state for one in found.crawls] == ["FAILED", "COMPLETED"]
    assert "not authorized" in found.crawls[0].error
    assert [one.name for one in found.tables] == ["events", "orders", "people"]
