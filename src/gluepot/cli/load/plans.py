"""What `load plan` answers: each table with its columns, then sizes and price, then what must be mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluepot.cli import hiding, say
from gluepot.cli.reporting import as_record
from gluepot.text import lasting, sized

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.plan.planning import PlannedLoad
    from gluepot.plan.table import LoadPlan, PlannedColumn, PlannedTable

MINUTE = 60


def show(file: PlanFile, planned: PlannedLoad) -> None:
    """Print a plan."""
    plan = planned.plan
    offered = {(refusal.table, refusal.name) for refusal in planned.refusals if refusal.offer}
    for table in plan.tables:
        _table(plan.keyspace, plan.database, table, {name for source, name in offered if source == table.source})
    _costs(file, planned)
    if file.engine == "glue":
        _job(file, planned)
    if planned.unplanned:
        say.data(say.bold(f"Not planned, for what the source says: {len(planned.unplanned)}"))
    for left_out in planned.unplanned:
        say.data(say.safe(f"  - {left_out.table.source}: {left_out.error}"))
        say.data(say.safe(f"      {left_out.error.hint}"))
    for note in planned.notes:
        say.data(say.safe(f"note: {note}"))
    if planned.refusals:
        say.data("")
        say.data(say.bold(f"To mend before it can be loaded: {len(planned.refusals)}"))
    for refusal in planned.refusals:
        where = f"{refusal.table}: " if refusal.table else ""
        say.data(say.safe(f"  - {where}{refusal.what}"))
        if refusal.offer:
            say.data(say.safe(f"      [table.{refusal.table}]"))
            say.data(say.safe(f"      {refusal.offer}"))
        elif refusal.hint:
            say.data(say.safe(f"      {refusal.hint}"))


def _table(keyspace: str, database: str, table: PlannedTable, offered: Collection[str]) -> None:
    part = ", static columns" if table.part == "static" else ""
    say.data(say.bold(say.safe(f"{keyspace}.{table.source}{part} -> {database}.{table.name}")))
    from gluepot.loader.plan.planning import partitioning_text  # noqa: PLC0415 - lazy: start-up

    facts = [
        ("stored", f"{table.format}, {table.mode}, at {table.location}"),
        ("partition", partitioning_text(table)),
        ("filter", table.filter),
    ]
    say.data(say.facts(facts, indent="  "))
    rows = [("COLUMN", "TYPE", "FROM", "CQL TYPE", "RULE")]
    rows += [
        (
            column.name,
            column.type,
            column.source or column.role,
            column.cql,
            "offered, see below" if column.source in offered else _rule(column),
        )
        for column in table.columns
    ]
    say.data(say.table(rows, indent="  "))
    say.data("")


def _rule(column: PlannedColumn) -> str:
    """Say what is done to a column, in words."""
    rules = []
    if column.role in {"partition_key", "clustering", "static"}:
        rules.append(column.role.replace("_", " "))
    if column.role in {"writetime", "ttl", "expires_at"}:
        rules.append(column.role)
    if column.source and column.name != column.source and column.role not in {"writetime", "ttl", "expires_at"}:
        rules.append("renamed")
    if column.cast:
        rules.append(f"cast to {column.cast}")
    if column.expression:
        is_ours = not column.comment.startswith("derived: ")
        rules.append(
            column.comment if is_ours else f"= {hiding.redactor().redact_expression(column.name, column.expression)}"
        )
    if column.masked:
        rules.append(f"masked by {column.masked}")
    if column.policy != "error":
        rules.append(f"{column.policy} where it does not fit")
    return ", ".join(rules)


def _costs(file: PlanFile, planned: PlannedLoad) -> None:
    astra = any(cost.read_units for cost in planned.costs.values())
    head = ("SOURCE TABLE", "ROWS", "BYTES", "PAGES", *(("READ UNITS",) if astra else ()), "FILES", "PUTS", "USD")
    rows: list[Sequence[object]] = [head]
    for name, cost in planned.costs.items():
        about = "" if cost.exact else "~"
        units = (f"{cost.read_units:,}",) if astra else ()
        rows.append(
            (
                name,
                f"{about}{cost.rows:,}",
                f"{about}{sized(cost.bytes)}",
                f"{cost.pages:,}",
                *units,
                f"{cost.files:,}",
                f"{cost.puts:,}",
                f"{cost.dollars:.4f}",
            )
        )
    say.data(say.table(rows, right=frozenset(range(1, len(head)))))
    total = sum(cost.dollars for cost in planned.costs.values())
    scan = sum(cost.athena_dollars for cost in planned.costs.values())
    say.data(f"about {total:.4f} USD: requests once, S3 for a month; {scan:.4f} USD for Athena to read all of it once")
    say.data(say.safe(f"at prices of {file.prices.date}, which are examples: check them against the vendors' pages"))
    seconds = sum(cost.seconds for cost in planned.costs.values())
    if seconds:
        say.data(f"at least {lasting(seconds, digits=0)}, at the limit of requests to one coordinator")


def _job(file: PlanFile, planned: PlannedLoad) -> None:
    """Say what the load takes as a Glue job."""
    from gluepot.loader.stack.jobsize import size_of  # noqa: PLC0415 - lazy: start-up

    size = size_of(file, planned.costs.values())
    kind = " of spare capacity" if file.glue.flex else ""
    say.data(
        f"as a Glue job: {size.workers} workers {size.worker_type}{kind}, {size.dpus} DPU, {size.dollars_hour:.2f} USD "
        f"an hour; about {lasting(size.seconds, digits=0)} and {size.dollars:.2f} USD, at a guess"
    )


def _told(plan: LoadPlan) -> LoadPlan:
    """Give a plan to be shown: its derived columns without credentials, which their names may tell of."""
    import msgspec  # noqa: PLC0415 - lazy: start-up

    hide, change = hiding.redactor().redact_expression, msgspec.structs.replace
    tables = (
        change(table, columns=tuple(change(c, expression=hide(c.name, c.expression)) for c in table.columns))
        for table in plan.tables
    )
    return change(plan, tables=tuple(tables))


def as_plain(file: PlanFile, planned: PlannedLoad) -> dict[str, Any]:
    """Give a plan as JSON holds it."""
    import dataclasses  # noqa: PLC0415 - lazy: start-up

    from gluepot.loader.stack.jobsize import size_of  # noqa: PLC0415 - lazy: start-up

    size = size_of(file, planned.costs.values()) if file.engine == "glue" else None
    return {
        **({"job": {**dataclasses.asdict(size), "dpus": size.dpus}} if size else {}),
        "plan": _told(planned.plan),
        "estimates": {name: dataclasses.asdict(cost) for name, cost in planned.costs.items()},
        "unplanned": [{"table": one.table.source, "error": as_record(one.error)} for one in planned.unplanned],
        "notes": list(planned.notes),
        "refusals": [{**dataclasses.asdict(refusal), "offer": refusal.offer} for refusal in planned.refusals],
    }
