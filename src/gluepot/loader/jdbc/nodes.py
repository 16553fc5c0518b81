"""The visual job's graph: for each table a source, an ApplyMapping, and a target. Pure.

https://docs.aws.amazon.com/glue/latest/dg/visual-job-api-chapter.html: Glue generates the job's code from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.loader.jdbc.types import carried, target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.plan.table import PlannedColumn, PlannedTable

Node = dict[str, dict[str, Any]]

READ: Final = frozenset({"partition_key", "clustering", "static", "regular"})
"""Roles of columns that are read as they are."""

PARTITIONS: Final = 1
"""Spark partitions of a table: CQL has no condition by which Glue could divide one."""


def nodes(tables: Sequence[PlannedTable], database: str, connector: str, connection: str) -> dict[str, Node]:
    """Write the graph.

    Args:
        tables: The plan's tables.
        database: The Glue database.
        connector: The custom connector's name.
        connection: The connection's name.
    """
    graph: dict[str, Node] = {}
    for number, table in enumerate(tables):
        read, mapped, written = (f"node-{3 * number + step}" for step in (1, 2, 3))
        graph[read] = {"JDBCConnectorSource": source(table, connector, connection)}
        graph[mapped] = {"ApplyMapping": mapping(table, read)}
        graph[written] = _target(table, database, mapped)
    return graph


def source(table: PlannedTable, connector: str, connection: str) -> dict[str, Any]:
    """Read a table through the connector."""
    return {
        "Name": f"{table.source} in Cassandra",
        "ConnectionName": connection,
        "ConnectorName": connector,
        "ConnectionType": "custom.jdbc",
        "ConnectionTable": spelt(table.source),
    }


def mapping(table: PlannedTable, behind: str) -> dict[str, Any]:
    """Rename and cast columns as the plan says; columns that it drops are left out."""
    return {"Name": f"map {table.name}", "Inputs": [behind], "Mapping": [_mapped(column) for column in read(table)]}


def read(table: PlannedTable) -> list[PlannedColumn]:
    """Give the columns that are read from the source."""
    return [column for column in table.columns if column.role in READ]


def spelt(name: str) -> str:
    """Spell a name in CQL: in quotes where it is not all lower case."""
    plain = name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    return name if plain else '"' + name.replace('"', '""') + '"'


def _mapped(column: PlannedColumn) -> dict[str, Any]:
    came = carried(column.cql)
    return {
        "ToKey": column.name,
        "FromPath": [column.source],
        "FromType": came.glue,
        "ToType": target(came, column.type),
        "Dropped": False,
    }


def _target(table: PlannedTable, database: str, behind: str) -> Node:
    policy = {"EnableUpdateCatalog": True, "UpdateBehavior": "UPDATE_IN_DATABASE"}
    if table.format == "iceberg":
        iceberg = {
            "Name": table.name,
            "Inputs": [behind],
            "PartitionKeys": [],
            "Table": table.name,
            "Database": database,
        }
        options = {"write.format.default": "parquet", "location": table.location.rstrip("/")}
        return {"S3IcebergCatalogTarget": {**iceberg, "AdditionalOptions": options, "SchemaChangePolicy": policy}}
    return {
        "S3GlueParquetTarget": {
            "Name": table.name,
            "Inputs": [behind],
            "PartitionKeys": [[field.column] for field in table.partition],
            "Path": table.location.rstrip("/") + "/",
            "Compression": "snappy",
            "SchemaChangePolicy": {**policy, "Table": table.name, "Database": database},
        }
    }
