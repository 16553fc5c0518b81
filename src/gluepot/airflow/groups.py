"""The task groups: operators in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import TaskGroup, task_group
from airflow.sdk.bases.operator import chain

from gluepot.airflow.collecting import (
    CheckOperator,
    CollectOperator,
    CompleteOperator,
    PushOperator,
    SaveMarkOperator,
    SplitOperator,
)
from gluepot.airflow.collector import Collector
from gluepot.airflow.loader import Loading
from gluepot.airflow.loading import LoadOperator, PlanLoadOperator, VerifyLoadOperator
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from gluepot.airflow.collector import Spread

LABEL = "{{ task.split['label'] }}"
"""What a mapped task is called on Airflow's pages, in place of its number."""


def collect_and_push(  # noqa: PLR0913 - each is a choice of its own, and most are left out
    config: str | dict[str, Any],
    *,
    staging: str,
    name: str = "glue",
    full: bool = False,
    spread: Spread | None = None,
    accounts: Any = None,  # noqa: ANN401 - a list, or what another task returned
    aws_conn_id: str = "",
    landing_conn_id: str = "",
    staging_conn_id: str = "",
    hwm_conn_id: str = "",
    group_id: str = "collect_and_push",
) -> TaskGroup:
    """Make the tasks of a collection: check, collect, push, save_hwm, complete.

    Every step can be repeated: a retry, or a task that is cleared, gives the same result. What goes through XCom is
    where files lie and their marks. `complete` fails where something could not be read; the rest is pushed by then.

    Args:
        config: The collector's configuration: a file on the workers, or its keys. Secrets are references, or come by
            connection; with `landing` and, where workers keep no disk, `hwm` at a landing URL.
        staging: Where files lie between the tasks: a landing URL, or the full path of a folder that all workers see.
        name: The name under which marks and generations are kept.
        full: Whether everything is written, whatever has changed.
        spread: `accounts` or `regions` maps the tasks over these, on any number of workers; each has a mark of its own.
        accounts: The accounts, in place of the configuration's: a list, or what another task returned. An account may
            hold `aws_conn_id`, its own connection.
        aws_conn_id: The connection (`aws`) that reads the catalogs; else the workers' own identity.
        landing_conn_id: The connection that opens the landing: `aws` for S3, `wasb` for Azure.
        staging_conn_id: The connection that opens `staging`; else the landing's where it lies there, or the workers'.
        hwm_conn_id: The connection that opens `hwm` and `state` at a URL; likewise.
        group_id: The group's id.

    Raises:
        ConfigError: A secret is written in the DAG, `staging` is a relative path, or `accounts` are not spread.
    """
    if accounts is not None and spread is None:
        raise ConfigError("accounts are given, and not spread", "", 'add spread="accounts"')
    collector = Collector(
        config=config,
        staging=staging,
        name=name,
        full=full,
        aws_conn_id=aws_conn_id,
        landing_conn_id=landing_conn_id,
        staging_conn_id=staging_conn_id,
        hwm_conn_id=hwm_conn_id,
    )
    with TaskGroup(group_id, tooltip="collect what the Glue catalogs know, and push it") as group:
        if spread is None:
            _collect_and_push(collector)
        else:
            splits = SplitOperator(task_id="splits", collector=collector, spread=spread, accounts=accounts)
            _mapped(collector).expand(split=splits.output)
    return group


def _mapped(collector: Collector) -> Any:  # noqa: ANN401 - Airflow's own class, without types here
    def each(split: Any) -> None:  # noqa: ANN401 - an argument that Airflow fills in
        _collect_and_push(collector, split=split, map_index_template=LABEL)

    return task_group(group_id="each", tooltip="one account or region")(each)


def _collect_and_push(collector: Collector, **more: Any) -> None:  # noqa: ANN401 - whatever the operators take
    check = CheckOperator(task_id="check", collector=collector, **more)
    collect = CollectOperator(task_id="collect", collector=collector, **more)
    more["runs"] = collect.output
    push = PushOperator(task_id="push", collector=collector, **more)
    save_hwm = SaveMarkOperator(task_id="save_hwm", collector=collector, **more)
    complete = CompleteOperator(task_id="complete", collector=collector, **more)
    chain(check, collect, push, save_hwm, complete)


def load_keyspace(
    plan: str | dict[str, Any],
    *,
    source_conn_id: str = "",
    aws_conn_id: str = "",
    spread: bool = False,
    rescan: bool = False,
    group_id: str = "load_keyspace",
) -> TaskGroup:
    """Make the tasks of a load: plan, load, verify.

    A retry goes on where the last try was cut short; nothing is loaded twice by one DAG run.

    Args:
        plan: The plan file: a file on the workers, or its keys. Secrets are references, or come by connection.
        source_conn_id: The connection to Cassandra (`cassandra`) or Astra DB (`astra`, `generic`).
        aws_conn_id: The connection (`aws`) that writes the tables; else the workers' own identity.
        spread: Whether load and verify are mapped over the tables, on any number of workers.
        rescan: Whether verifying reads the whole source again.
        group_id: The group's id.

    Raises:
        ConfigError: A secret is written in the DAG.
    """
    loading = Loading(plan=plan, source_conn_id=source_conn_id, aws_conn_id=aws_conn_id, rescan=rescan)
    with TaskGroup(group_id, tooltip="load a keyspace into tables of the Glue catalog") as group:
        planned = PlanLoadOperator(task_id="plan", loading=loading)
        if spread:
            _each_table(loading).expand(table=planned.output)
        else:
            chain(planned, *_load(loading))
    return group


def _each_table(loading: Loading) -> Any:  # noqa: ANN401 - Airflow's own class, without types here
    def each(table: Any) -> None:  # noqa: ANN401 - an argument that Airflow fills in
        chain(*_load(loading, table=table, map_index_template="{{ task.table }}"))

    return task_group(group_id="each", tooltip="one table")(each)


def _load(loading: Loading, **more: Any) -> tuple[LoadOperator, VerifyLoadOperator]:  # noqa: ANN401 - whatever the operators take
    return (
        LoadOperator(task_id="load", loading=loading, **more),
        VerifyLoadOperator(task_id="verify", loading=loading, **more),
    )
