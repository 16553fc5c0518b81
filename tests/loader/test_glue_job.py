"""A Glue job as data: its definition, how large it is, and the plan that it is given."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from gluepot.cassandra.connect import INLINE
from gluepot.cassandra.source import Tls
from gluepot.errors import ConfigError
from gluepot.loader.gluejob.plan import job_plan
from gluepot.loader.plan import readfile
from gluepot.loader.plan.estimate import Cost
from gluepot.loader.stack.jobfile import job_definition
from gluepot.loader.stack.jobsize import size_of
from gluepot.loader.stack.names import names

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.secret import Secret

GB, TB = 10**9, 10**12
CASSANDRA = {"keyspace": "shop", "contact_points": ["10.0.0.1"], "user": "reader", "password": "env:CASSANDRA_PASSWORD"}
ASTRA = {"keyspace": "shop", "database": "shop_db", "token": "env:ASTRA_TOKEN"}
TARGET = {"database": "shop", "location": "s3://lake/shop", "region": "eu-central-1"}


def plan(source: dict[str, Any] | None = None, target: dict[str, Any] | None = None, **sections: Any) -> Any:
    given = {"source": source or CASSANDRA, "target": {**TARGET, **(target or {})}, **sections}
    return readfile.from_mapping(given)


def pointed(secret: Secret | None) -> str:
    return secret.reference if secret else ""


def cost(size: int, seconds: float = 0.0) -> Cost:
    return Cost(
        rows=1,
        bytes=size,
        pages=1,
        read_units=0,
        files=1,
        partitions=0,
        parquet_bytes=1,
        puts=1,
        seconds=seconds,
        dollars=0.0,
        athena_dollars=0.0,
        exact=True,
    )


def test_a_job_is_named_after_its_database_and_runs_on_glue_5_1_as_its_own_role() -> None:
    file = plan()
    made = job_definition(file, names(file))
    assert (made["Name"], made["Role"], made["GlueVersion"]) == ("gluepot-shop-load", "gluepot-shop-job", "5.1")
    assert made["Command"]["ScriptLocation"] == "s3://lake/shop/_gluepot/scripts/gluepot_load.py"
    assert made["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert made["MaxRetries"] == 0
    assert made["DefaultArguments"]["--enable-auto-scaling"] == "true"
    assert "Connections" not in made


def test_what_the_plan_file_says_of_the_job_is_what_the_job_is() -> None:
    network = {"subnet": "subnet-1", "security_groups": ["sg-1"], "availability_zone": "eu-central-1a"}
    glue = {"version": "5.0", "worker_type": "G.2X", "workers": 7, "flex": True, "auto_scaling": False}
    file = plan(glue={**glue, "timeout_minutes": 30}, aws={"network": network, "role": "ours"})
    made = job_definition(file, names(file))
    assert (made["GlueVersion"], made["WorkerType"], made["NumberOfWorkers"]) == ("5.0", "G.2X", 7)
    assert (made["ExecutionClass"], made["Timeout"], made["Role"]) == ("FLEX", 30, "ours")
    assert made["DefaultArguments"]["--enable-auto-scaling"] == "false"
    assert made["Connections"] == {"Connections": ["gluepot-shop-network"]}


def test_a_definition_fits_what_create_job_takes() -> None:
    from botocore.session import get_session
    from botocore.validate import ParamValidator

    network = {"subnet": "subnet-1", "security_groups": ["sg-1"]}
    file = plan(aws={"network": network})
    shape: Any = get_session().get_service_model("glue").operation_model("CreateJob").input_shape
    assert not ParamValidator().validate(job_definition(file, names(file)), shape).has_errors()


def test_a_small_load_gets_the_smallest_job() -> None:
    made = size_of(plan(), [cost(10 * 10**6)])
    assert (made.worker_type, made.workers, made.dpus) == ("G.1X", 2, 2)
    assert made.dollars_hour == pytest.approx(0.88)


def test_more_bytes_take_more_workers_then_larger_ones() -> None:
    sizes = [size_of(plan(), [cost(size)]) for size in (100 * GB, TB, 10 * TB, 100 * TB)]
    assert [one.worker_type for one in sizes] == ["G.1X", "G.1X", "G.4X", "G.8X"]
    assert [one.workers for one in sizes] == [3, 19, 45, 219]
    assert [one.seconds for one in sizes] == sorted(one.seconds for one in sizes)


def test_a_source_that_limits_requests_takes_no_more_workers_than_it_feeds() -> None:
    free, limited = size_of(plan(), [cost(TB)]), size_of(plan(), [cost(TB, seconds=36_000)])
    assert limited.workers < free.workers
    assert limited.seconds >= 36_000


def test_what_the_plan_file_says_of_workers_stands() -> None:
    made = size_of(plan(glue={"worker_type": "G.8X", "workers": 3}), [cost(TB)])
    assert (made.worker_type, made.workers, made.dpus) == ("G.8X", 3, 24)


def test_spare_capacity_costs_less_and_comes_as_small_workers_only() -> None:
    usual, flexible = size_of(plan(), [cost(100 * TB)]), size_of(plan(glue={"flex": True}), [cost(100 * TB)])
    assert flexible.worker_type == "G.2X"
    assert flexible.workers <= 299
    assert flexible.dollars_hour / flexible.dpus < usual.dollars_hour / usual.dpus


def test_the_jobs_plan_points_to_secrets_manager_and_holds_no_access() -> None:
    given = {
        "key": "env:KEY",
        "secret": "env:SECRET",
        "create_database": True,
        "role": "arn:aws:iam::123456789012:role/r",
    }
    made = job_plan(plan(target=given), "gluepot-shop-source")
    assert made.engine == "spark"
    assert pointed(made.source.password) == "secretsmanager:gluepot-shop-source#password"
    assert (made.target.key, made.target.secret, made.target.profile, made.target.role) == (None, None, "", None)
    assert not made.target.create_database


def test_a_token_goes_to_secrets_manager_too_and_the_bundle_is_fetched_with_it() -> None:
    made = job_plan(plan({**ASTRA, "bundle": "secure-connect.zip"}), "ours")
    assert pointed(made.source.token) == "secretsmanager:ours#password"
    assert made.source.bundle == ""
    stored = job_plan(plan({**ASTRA, "token": "secretsmanager:theirs#password"}), "theirs")
    assert pointed(stored.source.token) == "secretsmanager:theirs#password"


def test_a_bundle_alone_is_refused_since_it_is_a_file_of_this_machine() -> None:
    source = {"keyspace": "shop", "bundle": "secure-connect.zip", "token": "env:ASTRA_TOKEN"}
    with pytest.raises(ConfigError, match="a secure connect bundle holds keys") as caught:
        job_plan(plan(source), "ours")
    assert "source.database" in caught.value.hint


def test_a_clients_key_is_refused_and_an_authority_goes_along(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----\n")
    made = job_plan(plan({**CASSANDRA, "tls": {"ca": str(authority)}}), "ours")
    assert isinstance(made.source.tls, Tls)
    assert made.source.tls.ca == INLINE + base64.b64encode(authority.read_bytes()).decode()
    again = readfile.from_mapping({"source": {**CASSANDRA, "tls": {"ca": made.source.tls.ca}}, "target": TARGET})
    assert again.source.tls == made.source.tls
    with pytest.raises(ConfigError, match="cannot go into a Glue job"):
        job_plan(plan({**CASSANDRA, "tls": {"cert": "c.pem", "key": "k.pem"}}), "ours")
    with pytest.raises(ConfigError, match="cannot be read"):
        job_plan(plan({**CASSANDRA, "tls": {"ca": "nowhere.pem"}}), "ours")


def test_large_workers_of_spare_capacity_are_refused_in_the_plan_file() -> None:
    with pytest.raises(ConfigError, match=r"'G\.4X' does not come as spare capacity"):
        plan(glue={"flex": True, "worker_type": "G.4X"})
