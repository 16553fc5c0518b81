"""A task's arguments become the collector's configuration: connections, parts, marks; and no secret is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.conns import Book, conn

from gluepot.airflow.collector import Collector, Split, check_plain, end_mark, splits_of, work_of
from gluepot.airflow.loader import Loading, file_of, load_id
from gluepot.airflow.loader import check_plain as check_loading
from gluepot.collector.hwm import EPOCH, parse_mark
from gluepot.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

ROLE = "arn:aws:iam::111111111111:role/Base"
OWN = "arn:aws:iam::222222222222:role/Own"
LANDING = {"url": "s3://k/lz"}
PLAN: dict[str, Any] = {"source": {"keyspace": "ks"}, "target": {"database": "db", "location": "s3://lake/db"}}


def collector(config: dict[str, Any], **more: Any) -> Collector:
    return Collector(config={"hwm": "s3://m/m", **config}, staging="s3://staging/g", **more)


def test_connections_stand_where_a_file_would_say_it() -> None:
    book = Book(
        reader=conn(login="A", password="B", extra={"role_arn": ROLE, "region_name": "eu-west-1"}),
        landing=conn("wasb", login="acc", extra={"sas_token": "sv=1&sig=s"}),
        marks=conn(login="M", password="N"),
    )
    asked = collector(
        {"landing": {"url": "az://c/lz"}, "hwm": "s3://marks/m"},
        aws_conn_id="reader",
        landing_conn_id="landing",
        hwm_conn_id="marks",
    )
    config = work_of(asked, get=book).config
    (account,) = config.targets()
    assert account.key is not None
    assert account.key.reveal() == "A"
    assert ([step.arn for step in account.roles], account.regions) == ([ROLE], ("eu-west-1",))
    assert config.landing is not None
    assert config.landing.account == "acc"
    assert config.landing.sas is not None
    assert config.landing.sas.reveal() == "sv=1&sig=s"
    assert config.hwm_access is not None
    assert config.hwm_access.key is not None
    assert config.hwm_access.key.reveal() == "M"


def test_roles_that_are_written_are_assumed_from_the_connections() -> None:
    book = Book(reader=conn(extra={"role_arn": ROLE}))
    config = work_of(collector({"role": OWN}, aws_conn_id="reader"), get=book).config
    assert [step.arn for step in config.targets()[0].roles] == [ROLE, OWN]


def test_an_account_may_have_a_connection_of_its_own() -> None:
    book = Book(all=conn(login="A", password="B", extra={"role_arn": ROLE}), own=conn(login="C", password="D"))
    accounts = [{"server": "1_glue", "role": OWN}, {"server": "2_glue", "aws_conn_id": "own"}]
    first, second = work_of(collector({"accounts": accounts}, aws_conn_id="all"), get=book).config.targets()
    assert [step.arn for step in first.roles] == [ROLE, OWN]
    assert first.key is not None
    assert second.key is not None
    assert (first.key.reveal(), second.key.reveal(), second.roles) == ("A", "C", ())


@pytest.mark.parametrize(
    ("config", "conns", "said"),
    [
        ({"key": "env:K", "secret": "env:S"}, {"aws_conn_id": "aws"}, "config.key is said twice"),
        (
            {"landing": {**LANDING, "key": "env:K", "secret": "env:S"}},
            {"landing_conn_id": "aws"},
            "landing.key is said",
        ),
        ({}, {"landing_conn_id": "aws"}, "the configuration names no landing"),
        ({"landing": LANDING}, {"landing_conn_id": "nobody"}, "there is no Airflow connection 'nobody'"),
        ({"hwm": "/shared"}, {"hwm_conn_id": "aws"}, "hwm is a path"),
        ({}, {"staging_conn_id": "blob"}, "is of type 'wasb': staging wants 'aws'"),
        ({"regoins": ["x"]}, {}, "did you mean 'regions'"),
    ],
)
def test_what_does_not_fit_together_is_said(config: dict[str, Any], conns: dict[str, str], said: str) -> None:
    book = Book(aws=conn(login="A", password="B"), blob=conn("wasb", login="a"))
    with pytest.raises(ConfigError) as caught:
        work_of(collector(config, **conns), get=book)
    assert said in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("config", "at"),
    [
        ({"key": "AKIA", "secret": "hunter2-plain"}, "config.key"),
        ({"landing": {"url": "az://c/l", "account": "a", "sas": "sv=hunter2-plain"}}, "config.landing.sas"),
        ({"accounts": [{"server": "a", "external_id": "hunter2-plain"}]}, "config.accounts[0].external_id"),
    ],
)
def test_a_secret_in_a_dag_is_refused_without_being_quoted(config: dict[str, Any], at: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_plain(collector(config))
    assert at in str(caught.value)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("at", [("source", "password"), ("source", "token"), ("target", "secret")])
def test_a_secret_in_a_plan_of_a_dag_is_refused(at: tuple[str, str]) -> None:
    section, name = at
    plan = {**PLAN, section: {**PLAN[section], name: "hunter2"}}
    with pytest.raises(ConfigError, match=rf"plan\.{section}\.{name}") as caught:
        check_loading(Loading(plan=plan))
    assert "hunter2" not in str(caught.value)
    check_loading(Loading(plan={**PLAN, section: {**PLAN[section], name: "env:X"}}))


def test_references_are_taken_and_staging_is_a_place_that_all_share() -> None:
    check_plain(collector({"key": "env:K", "secret": "secretsmanager:s#k"}))
    check_plain(Collector(config={"hwm": "/shared/marks"}, staging="/shared/staging"))
    with pytest.raises(ConfigError, match="staging is 'staging'"):
        check_plain(Collector(config={}, staging="staging"))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"hwm": ""}, "hwm is '.'"),
        ({"hwm": "s3://m/m", "state": "state"}, "state is 'state'"),
        ({"landing": {"url": "landing"}}, "landing.url is 'landing'"),
        ({"accounts": [{"server": "a", "landing": {"url": "out"}}]}, "landing.url is 'out'"),
    ],
)
def test_what_a_worker_would_lose_is_refused_while_the_dag_is_read(config: dict[str, Any], said: str) -> None:
    """A mark in a container's current directory makes every run a full snapshot, without a word."""
    with pytest.raises(ConfigError) as caught:
        check_plain(collector(config))
    assert said in str(caught.value)


def test_a_file_is_looked_at_when_a_task_runs(tmp_path: Path) -> None:
    path = tmp_path / "glue.toml"
    path.write_text('hwm = "marks"')
    check_plain(Collector(config=str(path), staging="s3://s/s"))
    with pytest.raises(ConfigError, match="hwm is 'marks'"):
        work_of(Collector(config=str(path), staging="s3://s/s"), get=Book())


def test_no_accounts_are_not_the_default_account() -> None:
    with pytest.raises(ConfigError, match="no account is given"):
        splits_of(collector({}), "accounts", [])


def test_a_collection_is_spread_over_accounts_or_over_their_regions() -> None:
    config = {
        "regions": ["eu-west-1", "us-east-1"],
        "hwm": "s3://m/m",
        "accounts": [{"server": "1_glue"}, {"server": "2_glue", "regions": ["us-east-1"]}],
    }
    accounts = splits_of(collector(config), "accounts")
    assert [(one.label, one.name, one.account, one.of) for one in accounts] == [
        ("1_glue", "glue_1_glue", 0, 1),
        ("2_glue", "glue_2_glue", 1, 1),
    ]
    regions = splits_of(collector(config), "regions")
    assert [(one.label, one.name, one.region, one.at, one.of) for one in regions] == [
        ("1_glue eu-west-1", "glue_1_glue_eu-west-1", "eu-west-1", 0, 2),
        ("1_glue us-east-1", "glue_1_glue_us-east-1", "us-east-1", 1, 2),
        ("2_glue us-east-1", "glue_2_glue_us-east-1", "us-east-1", 0, 1),
    ]
    (account,) = work_of(collector(config), regions[1], Book()).config.targets()
    assert (account.server, account.regions) == ("1_glue", ("us-east-1",))


def test_accounts_may_come_from_a_task_but_no_secrets() -> None:
    given = [{"role": "arn:aws:iam::333333333333:role/R", "aws_conn_id": "own"}]
    (one,) = splits_of(collector({"hwm": "s3://m/m"}), "accounts", given)
    assert (one.label, one.account) == ("333333333333_glue", given[0])
    work = work_of(collector({"hwm": "s3://m/m"}), one, Book(own=conn(login="A", password="B")))
    assert work.name == "glue_333333333333_glue"
    with pytest.raises(ConfigError, match=r"accounts\[0\]\.key"):
        splits_of(collector({"hwm": "s3://m/m"}), "accounts", [{"key": "AKIA", "secret": "x"}])


def test_parts_do_not_share_one_file_of_marks() -> None:
    with pytest.raises(ConfigError, match=r"hwm is the one file s3://m/one\.txt"):
        splits_of(collector({"hwm": "s3://m/one.txt"}), "regions")


@given(
    st.integers(1, 30).flatmap(lambda of: st.tuples(st.just(of), st.integers(0, of - 1))),
    st.integers(1_700_000_000, 1_700_000_400),
    st.integers(-40, 40),
)
def test_an_end_mark_is_near_now_behind_the_start_and_of_its_parts_own_seconds(
    part: tuple[int, int], now: int, ahead: int
) -> None:
    """So no two parts of one server ever reach the same mark, whenever they run."""
    of, at = part
    split = Split(label="", name="n", at=at, of=of)
    start = datetime.fromtimestamp(now - ahead, UTC).isoformat(sep=" ")[:19]
    end = int(parse_mark(end_mark(start, split, datetime.fromtimestamp(now, UTC))).timestamp())
    assert end % of == at
    if ahead >= -of:
        assert now - ahead < end
        assert abs(end - now) <= of + max(-ahead, 0) + of
    else:
        assert end <= now, "a mark in the future makes a full snapshot, as everywhere"


def test_a_whole_collection_ends_now() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert end_mark(EPOCH, None, now) == "2026-01-02 03:04:05"
    assert end_mark("2026-01-02 03:04:05", None, now) == "2026-01-02 03:04:06"


def test_what_tasks_share_is_plain_and_holds_no_secret() -> None:
    asked = collector({"landing": LANDING}, landing_conn_id="k")
    assert msgspec.convert(msgspec.to_builtins(asked), Collector) == asked


def test_a_plan_takes_its_source_and_its_target_from_connections() -> None:
    book = Book(
        db=conn("cassandra", host="h", port=9043, schema="other", login="u", password="p"),
        aws=conn(login="A", password="B", extra={"region_name": "eu-west-1", "role_arn": ROLE}),
    )
    file = file_of(Loading(plan=PLAN, source_conn_id="db", aws_conn_id="aws"), book)
    assert (file.source.keyspace, file.source.contact_points, file.source.port) == ("ks", ("h",), 9043)
    assert file.source.password is not None
    assert file.source.password.reveal() == "p"
    assert file.target.region == "eu-west-1"
    assert file.target.key is not None
    assert file.target.key.reveal() == "A"


def test_a_load_id_is_that_of_its_run() -> None:
    begun = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    first = load_id("dag", "run", "group", begun)
    assert first.startswith("20260102T030405000006-")
    assert first == load_id("dag", "run", "group", begun)
    assert first != load_id("dag", "run", "other", begun)
    assert first != load_id("dag", "run2", "group", begun)


def test_without_airflow_the_extra_is_named() -> None:
    import gluepot.airflow

    with pytest.raises(MissingExtraError) as caught:
        _ = gluepot.airflow.collect_and_push
    assert caught.value.hint == "pip install 'gluepot[airflow]'"
    with pytest.raises(AttributeError, match="no attribute 'colect'"):
        _ = gluepot.airflow.colect  # type: ignore[attr-defined] # that is the fact


def flat(code: str) -> str:
    """Take the margin away, which a piece of a function does not have on a page; and where the formatter left lines."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())


def test_what_the_guide_shows_is_what_the_examples_hold() -> None:
    """They are what a real Airflow runs in the tests."""
    from tests.support.pages import ROOT, blocks

    examples = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "examples").glob("*.py"))
    shown = [block for block in blocks("docs/guides/airflow.md") if block.language == "python"]
    assert shown
    assert [block.name for block in shown if flat(block.body) not in flat(examples)] == []
