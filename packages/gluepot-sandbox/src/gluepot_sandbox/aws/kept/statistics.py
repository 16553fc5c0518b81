"""Statistics of columns, of tables and of partitions, which moto does not know; engines plan their joins by them.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-tables.html, from GetColumnStatisticsForTable on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot_sandbox.aws import stored
from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.catalog import Catalog, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot_sandbox.aws.glue import GlueCall
    from gluepot_sandbox.aws.state import State

Statistics = dict[str, dict[str, Any]]


def get(state: State, call: GlueCall) -> dict[str, Any]:
    """Give the statistics of some columns; one that has none is named beside them."""
    kept = _of(state, call, _table(state, call))
    asked = [str(name) for name in call.parameters["ColumnNames"]]
    return {
        "ColumnStatisticsList": [kept[name] for name in asked if name in kept],
        "Errors": [{"ColumnName": name, "Error": _missing(name)} for name in asked if name not in kept],
    }


def update(state: State, call: GlueCall) -> dict[str, Any]:
    """Keep statistics; those of a column that is not there are named."""
    table = _table(state, call)
    kept = _of(state, call, table)
    given = call.parameters["ColumnStatisticsList"]
    for one in given:
        _check(one)
    there = _columns(table)
    kept.update({str(one["ColumnName"]): one for one in given if one["ColumnName"] in there})
    absent = [one for one in given if one["ColumnName"] not in there]
    return {"Errors": [{"ColumnStatistics": one, "Error": _missing(one["ColumnName"])} for one in absent]}


def delete(state: State, call: GlueCall) -> dict[str, Any]:
    """Forget the statistics of a column, if there are any.

    Trino forgets those of each column of a table that it has just made, and takes EntityNotFoundException for a table
    that is gone: Glue says that of the table only.
    """
    _of(state, call, _table(state, call)).pop(str(call.parameters["ColumnName"]), None)
    return {}


OPERATIONS: Final[dict[str, Callable[[State, GlueCall], dict[str, Any]]]] = {
    f"{verb}ColumnStatisticsFor{what}": step
    for verb, step in (("Get", get), ("Update", update), ("Delete", delete))
    for what in ("Table", "Partition")
}


def _table(state: State, call: GlueCall) -> dict[str, Any]:
    database, name = str(call.parameters["DatabaseName"]), str(call.parameters["TableName"])
    record = Catalog(state, Scope(call.catalog_id, call.region)).table(database, name)
    if record is None:
        raise RefusalError("EntityNotFoundException", f"Table {name} not found.")
    found: dict[str, Any] = msgspec.json.decode(record.body)
    return found


def _of(state: State, call: GlueCall, table: dict[str, Any]) -> Statistics:
    """Give what is kept of a table or of one of its partitions; of a table that is made again there is nothing."""
    values = call.parameters.get("PartitionValues")
    made: object = table.get("CreateTime")
    if values is not None:
        made = _partition(call, list(values)).creation_time
    key = (call.catalog_id, call.region, table["DatabaseName"], table["Name"], made, tuple(values or ()))
    return state.statistics.setdefault(key, {})


def _partition(call: GlueCall, values: list[str]) -> Any:  # noqa: ANN401 - moto ships no types
    backend = stored.backend(call.catalog_id, call.region)
    holder = backend.databases.get(call.parameters["DatabaseName"]) if backend else None
    table = holder.tables.get(call.parameters["TableName"]) if holder else None
    found = table.partitions.get(str(values)) if table else None
    if found is None:
        raise RefusalError("EntityNotFoundException", f"Partition {values} not found.")
    return found


def _columns(table: dict[str, Any]) -> set[str]:
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
    return {str(column["Name"]) for column in [*columns, *(table.get("PartitionKeys") or [])]}


def _check(given: dict[str, Any]) -> None:
    """Look whether statistics are of the kind that they say."""
    data = given["StatisticsData"]
    kind = str(data["Type"])
    if set(data) != {"Type", f"{kind.capitalize()}ColumnStatisticsData"}:
        raise RefusalError(
            "InvalidInputException", f"Statistics of column {given['ColumnName']} are not of type {kind}"
        )


def _missing(column: str) -> dict[str, str]:
    return {"ErrorCode": "EntityNotFoundException", "ErrorMessage": f"Column Statistics for {column} not found."}
