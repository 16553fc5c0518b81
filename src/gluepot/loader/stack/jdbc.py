"""The resources of the JDBC route, as data: the driver's jar in S3, the connector, the connection, the visual job.

Call shapes: https://docs.aws.amazon.com/glue/latest/dg/custom-connector.html and the webapi pages of ConnectionInput
and CreateJob. A custom connector is itself a connection, told apart by its match criteria.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.loader.jdbc.nodes import nodes
from gluepot.loader.jdbc.url import DELIMITER, url_of
from gluepot.loader.stack.jobfile import execution_class
from gluepot.provision.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.aws.arn import Arns
    from gluepot.aws.statements import Statement
    from gluepot.loader.core.planfile import PlanFile
    from gluepot.loader.stack.names import Names
    from gluepot.plan.table import PlannedTable
    from gluepot.provision.resource import Key

TEMPLATE: Final = "template-connection"
"""The match criterion that makes a connection a connector."""

WORKERS: Final = 2
"""The fewest that Glue starts: a driver and one worker, which reads alone, since a table cannot be divided."""

ICEBERG: Final = {
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.glue_catalog": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.glue_catalog.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    "spark.sql.catalog.glue_catalog.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
}
"""https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format-iceberg.html"""


@dataclass(frozen=True, slots=True)
class JdbcNames:
    """Names of the route's resources.

    Args:
        jar: `s3://BUCKET/KEY` of the driver.
        connector: The custom connector.
        connection: The connection.
        job: The visual job.
    """

    jar: str
    connector: str
    connection: str
    job: str


def jdbc_names(file: PlanFile, called: Names) -> JdbcNames:
    """Name the route's resources; the jar's checksum is in its key, so that another jar is another object."""
    jar, digest, connector = ("", "", "")
    if file.jdbc is not None:
        jar, digest, connector = file.jdbc.jar, file.jdbc.sha256.lower(), file.jdbc.connector
    return JdbcNames(
        jar=f"{called.assets}/jars/{digest[:12]}/{PurePath(jar).name}",
        connector=connector or f"{called.name}-connector",
        connection=f"{called.name}-jdbc",
        job=f"{called.name}-jdbc",
    )


def resources(file: PlanFile, called: Names, tables: Sequence[PlannedTable]) -> tuple[Resource, ...]:
    """List the route's resources, but for the role that it shares with the native engine.

    Args:
        file: The plan file.
        called: What its resources are called.
        tables: What the job reads, as planned.
    """
    if file.jdbc is None:
        return ()
    own = jdbc_names(file, called)
    bucket: Key = ("bucket", called.assets.removeprefix("s3://").partition("/")[0])
    jar: Key = ("object", own.jar)
    secret: tuple[Key, ...] = (("secret", called.secret),) if called.secret else ()
    needs: list[Key] = [("role", called.role), bucket, ("connection", own.connection)]
    if file.aws.network is not None:
        needs.append(("connection", called.connection))
    held = {"sha256": file.jdbc.sha256.lower(), "file": file.jdbc.jar}
    tags = file.aws.tags
    return (
        Resource("object", own.jar, held, (bucket,), tags=tags),
        Resource("connection", own.connector, connector(file, own), (jar,), tags=tags),
        Resource(
            "connection",
            own.connection,
            connection(file, called, own),
            (("connection", own.connector), *secret),
            tags=tags,
        ),
        Resource("job", own.job, job(file, called, tables), tuple(needs), tags=tags),
    )


def needs(file: PlanFile, called: Names) -> dict[Key, tuple[Key, ...]]:
    """Name what the route makes, each with what has to go behind it."""
    own = jdbc_names(file, called)
    job_key, connection_key, connector_key = (
        ("job", own.job),
        ("connection", own.connection),
        ("connection", own.connector),
    )
    jar: tuple[Key, ...] = (("object", own.jar),) if file.jdbc is not None else ()
    held: dict[Key, tuple[Key, ...]] = {
        job_key: (connection_key, ("role", called.role)),
        connection_key: (connector_key,),
        connector_key: jar,
    }
    return {**held, **dict.fromkeys(jar, ())}


def connector(file: PlanFile, own: JdbcNames) -> dict[str, Any]:
    """Write the connector: a template, whose URL is a list of defaults with the delimiter between parameters."""
    template = msgspec.json.encode([[f"default={url_of(file)}"], DELIMITER]).decode()
    return {
        "Description": "made by gluepot: the driver of the JDBC route",
        "ConnectionType": "CUSTOM",
        "MatchCriteria": [TEMPLATE],
        "ConnectionProperties": {**_driver(file, own), "JDBC_CONNECTION_URL": template},
    }


def connection(file: PlanFile, called: Names, own: JdbcNames) -> dict[str, Any]:
    """Write the connection: the connector with a secret, whose values Glue puts in place of the URL's placeholders."""
    properties = {**_driver(file, own), "JDBC_CONNECTION_URL": url_of(file)}
    if called.secret:
        properties["SECRET_ID"] = called.secret
    return {
        "Description": "made by gluepot: the source of the JDBC route",
        "ConnectionType": "CUSTOM",
        "MatchCriteria": ["Connection", own.connector],
        "ConnectionProperties": properties,
    }


def job(file: PlanFile, called: Names, tables: Sequence[PlannedTable]) -> dict[str, Any]:
    """Write the visual job, as CreateJob takes it."""
    own = jdbc_names(file, called)
    connections = [own.connection, *([called.connection] if file.aws.network is not None else ())]
    return {
        "Description": "made by gluepot: the JDBC route",
        "Role": called.role,
        "JobMode": "VISUAL",
        "Command": {
            "Name": "glueetl",
            "ScriptLocation": f"{called.assets}/scripts/{own.job}.py",
            "PythonVersion": "3",
        },
        "Connections": {"Connections": connections},
        "GlueVersion": file.glue.version,
        "WorkerType": file.glue.worker_type or "G.1X",
        "NumberOfWorkers": WORKERS,
        "ExecutionClass": execution_class(file.glue),
        "Timeout": file.glue.timeout_minutes,
        "MaxRetries": 0,  # a run that failed half-way has written rows: to try again would add them twice
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "DefaultArguments": arguments(file, called),
        "CodeGenConfigurationNodes": nodes(tables, file.target.database, own.connector, own.connection),
    }


def arguments(file: PlanFile, called: Names) -> dict[str, str]:
    """Give the job's arguments: no bookmark, since CQL cannot order by one; nothing that is secret."""
    given = {
        "--job-language": "python",
        "--job-bookmark-option": "job-bookmark-disable",
        "--enable-glue-datacatalog": "true",
        "--TempDir": f"{called.assets}/temporary/",
    }
    if file.target.format == "iceberg" or any(section.format == "iceberg" for section in file.table.values()):
        settings = {**ICEBERG, "spark.sql.catalog.glue_catalog.warehouse": file.target.location.rstrip("/")}
        given["--datalake-formats"] = "iceberg"
        given["--conf"] = " --conf ".join(f"{key}={value}" for key, value in settings.items())
    return given


def statements(arns: Arns, file: PlanFile, called: Names) -> list[Statement]:
    """Let the job's role read the connector and the connection."""
    own = jdbc_names(file, called)
    held = [arns.of("glue", f"connection/{name}") for name in (own.connector, own.connection)]
    return [
        {
            "Sid": "ReadConnector",
            "Effect": "Allow",
            "Action": ["glue:GetConnection"],
            "Resource": [arns.of("glue", "catalog"), *held],
        }
    ]


def _driver(file: PlanFile, own: JdbcNames) -> dict[str, str]:
    driver = file.jdbc.driver_class if file.jdbc is not None else ""
    return {"CONNECTOR_TYPE": "Jdbc", "CONNECTOR_URL": own.jar, "CONNECTOR_CLASS_NAME": driver}
