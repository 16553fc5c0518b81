"""`gluepot crawler`: what it prints, its exit codes, and its JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.crawls import BUCKET, ORDERS, REGION, filled

from gluepot.cli.crawl import crawljobs
from gluepot.cli.reporting import guarded
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.crawls import CrawlBench

    from gluepot_sandbox.aws import Emulator

SECRET = "s3cret-of-nobody-at-all-000"
FILE = f"""
name = "landing"
database = "raw"
schedule = "cron(15 2 * * ? *)"
[[targets]]
path = "s3://{BUCKET}/raw"
exclude = ["**.bak"]
[access]
region = "{REGION}"
key = "AKIAEMULATEDKEY00000"
secret = "{SECRET}"
"""


@pytest.fixture
def bench(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[CrawlBench]:
    yield from filled(server, monkeypatch)


class Typed:
    """Commands, and what they print; no secret is ever in it."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys
        self.err = ""

    def text(self, command: Callable[..., int], code: int = 0, **options: Any) -> str:
        """Run a command that ends with this code; gives what it printed on stdout."""
        ended = guarded(lambda: command(self.path, as_json=False, **options), as_json=False)
        return self._printed(ended, code)

    def json(self, command: Callable[..., int], code: int = 0, **options: Any) -> Any:
        """Run a command in JSON."""
        ended = guarded(lambda: command(self.path, as_json=True, **options), as_json=True)
        return json.loads(self._printed(ended, code))

    def _printed(self, ended: int, code: int) -> str:
        printed = self._capsys.readouterr()
        assert ended == code, printed
        assert SECRET not in printed.out + printed.err
        self.err = printed.err
        return printed.out


@pytest.fixture
def typed(bench: CrawlBench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    (tmp_path / "crawler.toml").write_text(FILE)
    assert bench.file.name == "landing"
    return Typed(tmp_path / "crawler.toml", capsys)


def test_a_plan_shows_policy_sizes_price_and_what_it_assumes(typed: Typed) -> None:
    said = typed.text(crawljobs.plan)
    assert "policy.Statement.ReadTargets.Resource: arn:aws:s3:::our-lake/raw/*" in said
    assert "a crawl: about 0.1467 USD" in said
    assert "as scheduled: 30 crawls in 30 days" in said
    assert "assumed: 2 DPUs, 1 minutes to begin" in said
    assert "gluepot crawler apply" in typed.err


def test_a_plan_in_json_has_the_same(typed: Typed) -> None:
    told = typed.json(crawljobs.plan)
    assert [one["action"] for one in told["changes"]] == ["create"] * 3
    assert told["targets"][0]["objects"] == 5
    assert told["estimate"]["runs_a_month"] == 30
    assert told["estimate"]["dollars_a_month"] == pytest.approx(30 * told["estimate"]["dollars"])


def test_a_name_that_is_taken_is_shown_by_the_plan_with_exit_code_2(bench: CrawlBench, typed: Typed) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    bench.iam.create_role(RoleName="landing-crawler", AssumeRolePolicyDocument=json.dumps(trust))
    assert "x conflict role landing-crawler (gluepot did not make it)" in typed.text(crawljobs.plan, code=2)
    assert "role landing-crawler is there already" in typed.err


def test_from_apply_to_destroy(bench: CrawlBench, typed: Typed) -> None:
    assert "3 created" in typed.text(crawljobs.apply, force=False)
    said = typed.text(crawljobs.run, detach=False)
    assert "created    orders  parquet at s3://our-lake/raw/orders/, 2 new partitions" in said
    assert "    + day string (partition key)" in said
    bench.put("raw/orders/day=2026-01-03/a.parquet", {**ORDERS, "note": ["n", "m"]})
    told = typed.json(crawljobs.run, detach=False)
    (table,) = told["tables"]
    assert (table["table"]["name"], table["change"], table["added"]) == ("orders", "updated", {"note": "string"})
    status = typed.json(crawljobs.status)
    assert [one["state"] for one in status["crawls"]] == ["COMPLETED", "COMPLETED"]
    assert [one["name"] for one in status["tables"]] == ["events", "orders", "people"]
    assert "3 tables of this crawler" in typed.text(crawljobs.status)
    assert "2 removed, 1 kept" in typed.text(crawljobs.destroy, data=False, yes=True)
    typed.text(crawljobs.status, code=2)


def test_what_was_changed_by_hand_is_exit_code_3(bench: CrawlBench, typed: Typed) -> None:
    typed.text(crawljobs.apply, force=False)
    bench.glue.update_crawler(Name="landing", TablePrefix="by_hand_")
    assert "! drift    crawler landing (changed by hand" in typed.text(crawljobs.plan)
    assert "1 drifted" in typed.text(crawljobs.apply, code=3, force=False)
    typed.text(crawljobs.apply, force=True)


def test_a_crawl_that_fails_tells_its_cause_and_status_keeps_it(bench: CrawlBench, typed: Typed) -> None:
    typed.text(crawljobs.apply, force=False)
    bench.iam.delete_role_policy(RoleName="landing-crawler", PolicyName="gluepot")
    told = typed.json(crawljobs.run, code=3, detach=False)
    assert told["error"]["what"] == "the crawl of landing failed"
    assert '"Action": "logs:CreateLogGroup"' in told["error"]["hint"]
    assert "failed" in typed.text(crawljobs.status, code=3)


def test_a_crawl_with_warnings_is_incomplete(bench: CrawlBench, typed: Typed) -> None:
    bench.put("raw/odd/x.bin", b"\xff\xfe\x00\x01")
    typed.text(crawljobs.apply, force=False)
    typed.text(crawljobs.run, code=3, detach=False)
    assert "warning: Classification is UNKNOWN" in typed.err


def test_detach_and_stop(bench: CrawlBench, typed: Typed) -> None:
    typed.text(crawljobs.apply, force=False)
    bench.aws.change(latency_of={"Crawl": 60_000})
    assert "is crawling" in typed.text(crawljobs.run, detach=True)
    typed.text(crawljobs.run, code=5, detach=False)
    assert "is stopped" in typed.text(crawljobs.stop)
    assert "it is not crawling" in typed.text(crawljobs.stop)


def test_nobody_is_asked_without_a_terminal(typed: Typed) -> None:
    typed.text(crawljobs.destroy, code=2, data=False, yes=False)
    assert "say --yes" in typed.err


def test_a_file_to_begin_with_is_written_once(typed: Typed, tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    assert crawljobs.init(path, as_json=False) == 0
    with pytest.raises(ConfigError, match="is there already"):
        crawljobs.init(path, as_json=False)
    assert typed.path.read_text() == FILE
