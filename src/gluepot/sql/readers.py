"""Per engine, what reads the tables of a lake, and how SQL writes names and texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gluepot.sql.loadedtables import LakeDatabase, LakeTable

CATALOG: Final = "lake"
"""What engines that name their catalogs themselves are told to call the Glue catalog."""

ICEBERG: Final = "1.10.0"
SPARK_PACKAGES: Final = (
    f"org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:{ICEBERG}",
    f"org.apache.iceberg:iceberg-aws-bundle:{ICEBERG}",
)
_REDSHIFT_ACTIONS: Final = (
    "glue:GetDatabase, glue:GetTable, glue:GetTables and glue:GetPartitions, and s3:GetObject and s3:ListBucket"
)
HADOOP_AWS: Final = "org.apache.hadoop:hadoop-aws:3.3.4"
"""Spark 3.5 comes with Hadoop 3.3.4; what reads S3 must be of the same version."""


_ALL_YEARS: Final = {"spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED"}
"""Times are of one calendar, and Spark cannot see it: it fails on those before 1900, and on dates before 1582."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one engine needs.

    Args:
        engine: Its name.
        notes: What to know, for people; none of it is SQL.
        files: Settings as files, by their names.
        settings: Settings as key and value.
        setup: Statements that are run first, once.
        statements: Per table, what reads it.
    """

    engine: str
    notes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    setup: tuple[str, ...] = ()
    statements: Mapping[str, str] = field(default_factory=dict)


def athena(lake: LakeDatabase) -> Script:
    """Athena reads the Glue catalog of its account: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg.html."""
    where = f"{quoted('awsdatacatalog')}.{quoted(lake.name)}"
    return Script(
        engine="athena",
        notes=("engine version 3; the catalog of this account and region is there already",),
        statements={table.name: _select(f"{where}.{quoted(table.name)}", table, quoted) for table in lake.tables},
    )


def redshift(lake: LakeDatabase) -> Script:
    """Redshift Spectrum: https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_SCHEMA.html."""
    schema = quoted(lake.name)
    return Script(
        engine="redshift",
        notes=(
            f"IAM_ROLE default is the cluster's default role; it needs {_REDSHIFT_ACTIONS} on {lake.warehouse}",
            "nested columns come as JSON text",
        ),
        setup=(
            (
                f"CREATE EXTERNAL SCHEMA IF NOT EXISTS {schema} FROM DATA CATALOG DATABASE {_escaped(lake.name)} "
                f"REGION {text(lake.region)} IAM_ROLE default;"
            ),
            "SET json_serialization_enable TO true;",
        ),
        statements={table.name: _select(f"{schema}.{quoted(table.name)}", table, quoted) for table in lake.tables},
    )


def _escaped(value: str) -> str:
    """Write a text of Redshift's SQL, where a backslash escapes what follows it."""
    return text(value.replace("\\", "\\\\"))


def spark(lake: LakeDatabase) -> Script:
    """Spark with Iceberg's own Glue catalog: https://iceberg.apache.org/docs/1.10.0/aws/#spark."""
    iceberg = {
        table.name: f"{ticked(CATALOG)}.{ticked(lake.name)}.{ticked(table.name)}" for table in lake.of("iceberg")
    }
    plain = {table.name: f"parquet.{ticked(_s3a(table.location))}" for table in lake.of("parquet")}
    packages = [*SPARK_PACKAGES, *([HADOOP_AWS] if plain else ())]
    own = (
        "on EMR, and in Glue jobs with --enable-glue-datacatalog, plain Parquet tables are in spark_catalog under "
        "their names; give them the setting of datetimeRebaseModeInRead, too"
    )
    return Script(
        engine="spark",
        notes=(
            "Spark 3.5: each setting is one --conf KEY=VALUE of spark-sql or spark-submit",
            *([own] if plain else ()),
        ),
        settings={
            "spark.jars.packages": ",".join(packages),
            "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
            **{f"spark.sql.catalog.{CATALOG}{key}": value for key, value in _iceberg_catalog(lake).items()},
            **(_s3a_settings(lake) | _ALL_YEARS if plain else {}),
            "spark.sql.session.timeZone": "UTC",
        },
        statements={table.name: _select((iceberg | plain)[table.name], table, ticked) for table in lake.tables},
    )


def _iceberg_catalog(lake: LakeDatabase) -> dict[str, str]:
    elsewhere = {".glue.endpoint": lake.endpoint, ".s3.endpoint": lake.endpoint, ".s3.path-style-access": "true"}
    return {
        "": "org.apache.iceberg.spark.SparkCatalog",
        ".type": "glue",
        ".warehouse": lake.warehouse,
        ".client.region": lake.region,
        **(elsewhere if lake.endpoint else {}),
    }


def _s3a_settings(lake: LakeDatabase) -> dict[str, str]:
    prefix = "spark.hadoop.fs.s3a"
    elsewhere = {
        f"{prefix}.endpoint": lake.endpoint,
        f"{prefix}.path.style.access": "true",
        f"{prefix}.connection.ssl.enabled": str(is_secure(lake.endpoint)).lower(),
    }
    return {f"{prefix}.endpoint.region": lake.region, **(elsewhere if lake.endpoint else {})}


def _s3a(location: str) -> str:
    return f"s3a://{location.partition('://')[2].rstrip('/')}/"


def trino(lake: LakeDatabase) -> Script:
    """Trino: https://trino.io/docs/current/object-storage/metastores.html#aws-glue-catalog-configuration-properties."""
    catalogs = {"iceberg": CATALOG, "parquet": f"{CATALOG}_hive"}
    schemas = {kind: f"{quoted(catalog)}.{quoted(lake.name)}" for kind, catalog in catalogs.items()}
    connectors = {
        "iceberg": {"connector.name": "iceberg", "iceberg.catalog.type": "glue"},
        "parquet": {"connector.name": "hive", "hive.metastore": "glue"},
    }
    return Script(
        engine="trino",
        files={
            f"etc/catalog/{catalogs[kind]}.properties": "".join(
                f"{key}={value}\n" for key, value in (connectors[kind] | _trino_aws(lake)).items()
            )
            for kind in dict.fromkeys(table.format for table in lake.tables)
        },
        statements={
            table.name: _select(f"{schemas[table.format]}.{quoted(table.name)}", table, quoted) for table in lake.tables
        },
    )


def _trino_aws(lake: LakeDatabase) -> dict[str, str]:
    elsewhere = {
        "hive.metastore.glue.endpoint-url": lake.endpoint,
        "s3.endpoint": lake.endpoint,
        "s3.path-style-access": "true",
    }
    own = {"hive.metastore.glue.region": lake.region, "fs.native-s3.enabled": "true", "s3.region": lake.region}
    return own | (elsewhere if lake.endpoint else {})


def duckdb(lake: LakeDatabase) -> Script:
    """DuckDB: https://duckdb.org/docs/stable/core_extensions/iceberg/overview."""
    extensions = ("httpfs", "aws", "avro", "iceberg") if lake.of("iceberg") else ("httpfs", "aws")
    schema = quoted(lake.name)
    views = {table.name: f"{schema}.{quoted(table.name)}" for table in lake.tables}
    return Script(
        engine="duckdb",
        notes=("views show the tables as they are now: print them again after a load",),
        setup=(
            *(f"INSTALL {extension}; LOAD {extension};" for extension in extensions),
            _duckdb_secret(lake),
            "SET TimeZone = 'UTC';",
            f"CREATE SCHEMA IF NOT EXISTS {schema};",
            *(f"CREATE OR REPLACE VIEW {views[table.name]} AS SELECT * FROM {_scan(table)};" for table in lake.tables),  # noqa: S608 - quoted
        ),
        statements={table.name: _select(views[table.name], table, quoted) for table in lake.tables},
    )


def _duckdb_secret(lake: LakeDatabase) -> str:
    parts = ["TYPE s3", "PROVIDER credential_chain", f"REGION {text(lake.region)}"]
    if lake.endpoint:
        secure = str(is_secure(lake.endpoint)).lower()
        parts += [f"ENDPOINT {text(host(lake.endpoint))}", "URL_STYLE 'path'", f"USE_SSL {secure}"]
    parts.append(f"SCOPE {text('s3://' + lake.warehouse.removeprefix('s3://').partition('/')[0])}")
    return f"CREATE OR REPLACE SECRET gluepot ({', '.join(parts)});"


def _scan(table: LakeTable) -> str:
    if table.format == "iceberg":
        return f"iceberg_scan({text(table.metadata)})"
    return f"read_parquet({text(_globbed(table.location.rstrip('/')) + '/*.parquet')})"


def _globbed(path: str) -> str:
    """Take from a path what DuckDB would take for a pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def _select(where: str, table: LakeTable, name: Callable[[str], str]) -> str:
    columns = ", ".join(name(column) for column in table.columns)
    return f"SELECT {columns} FROM {where} LIMIT 10;"  # noqa: S608 - quoted


def quoted(name: str) -> str:
    """Write an identifier of standard SQL: Athena, Trino, Redshift, DuckDB.

    Raises:
        ConfigError: No SQL holds it.
    """
    return '"' + _whole(name).replace('"', '""') + '"'


def ticked(name: str) -> str:
    """Write an identifier of Spark's SQL.

    Raises:
        ConfigError: No SQL holds it.
    """
    return "`" + _whole(name).replace("`", "``") + "`"


def text(value: str) -> str:
    """Write a text of standard SQL.

    Raises:
        ConfigError: No SQL holds it.
    """
    return "'" + _whole(value).replace("'", "''") + "'"


def _whole(name: str) -> str:
    if "\0" in name:
        raise ConfigError(f"{name!r} cannot be written in SQL", "it holds a zero byte", "rename it in the plan file")
    return name


def is_secure(endpoint: str) -> bool:
    """Say whether an endpoint is reached with TLS."""
    return endpoint.startswith("https://")


def host(endpoint: str) -> str:
    """Give host and port of an endpoint."""
    return endpoint.partition("://")[2].rstrip("/")


ENGINES: Final[dict[str, Callable[[LakeDatabase], Script]]] = {
    "athena": athena,
    "redshift": redshift,
    "spark": spark,
    "trino": trino,
    "duckdb": duckdb,
}
