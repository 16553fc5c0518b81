"""Per engine, what reads the tables of a shelf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.sql.loadedtables import CATALOG, Script, host, is_secure, quoted, text, ticked

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.sql.loadedtables import Shelf, Shelved

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


def athena(shelf: Shelf) -> Script:
    """Athena reads the Glue catalog of its account: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg.html."""
    where = f"{quoted('awsdatacatalog')}.{quoted(shelf.database)}"
    return Script(
        engine="athena",
        notes=("engine version 3; the catalog of this account and region is there already",),
        statements={one.name: _select(f"{where}.{quoted(one.name)}", one, quoted) for one in shelf.tables},
    )


def redshift(shelf: Shelf) -> Script:
    """Redshift Spectrum: https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_SCHEMA.html."""
    schema = quoted(shelf.database)
    return Script(
        engine="redshift",
        notes=(
            f"IAM_ROLE default is the cluster's default role; it needs {_REDSHIFT_ACTIONS} on {shelf.warehouse}",
            "nested columns come as JSON text",
        ),
        setup=(
            (
                f"CREATE EXTERNAL SCHEMA IF NOT EXISTS {schema} FROM DATA CATALOG DATABASE {_escaped(shelf.database)} "
                f"REGION {text(shelf.region)} IAM_ROLE default;"
            ),
            "SET json_serialization_enable TO true;",
        ),
        statements={one.name: _select(f"{schema}.{quoted(one.name)}", one, quoted) for one in shelf.tables},
    )


def _escaped(value: str) -> str:
    """Write a text of Redshift's SQL, where a backslash escapes what follows it."""
    return text(value.replace("\\", "\\\\"))


def spark(shelf: Shelf) -> Script:
    """Spark with Iceberg's own Glue catalog: https://iceberg.apache.org/docs/1.10.0/aws/#spark."""
    iceberg = {
        one.name: f"{ticked(CATALOG)}.{ticked(shelf.database)}.{ticked(one.name)}" for one in shelf.of("iceberg")
    }
    plain = {one.name: f"parquet.{ticked(_s3a(one.location))}" for one in shelf.of("parquet")}
    packages = [*SPARK_PACKAGES, *([HADOOP_AWS] if plain else ())]
    own = (
        "on EMR, and in Glue jobs with --enable-glue-datacatalog, plain Parquet tables are in spark_catalog under "
        "their names"
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
            **{f"spark.sql.catalog.{CATALOG}{key}": value for key, value in _iceberg_catalog(shelf).items()},
            **(_s3a_settings(shelf) if plain else {}),
            "spark.sql.session.timeZone": "UTC",
        },
        statements={one.name: _select((iceberg | plain)[one.name], one, ticked) for one in shelf.tables},
    )


def _iceberg_catalog(shelf: Shelf) -> dict[str, str]:
    elsewhere = {".glue.endpoint": shelf.endpoint, ".s3.endpoint": shelf.endpoint, ".s3.path-style-access": "true"}
    return {
        "": "org.apache.iceberg.spark.SparkCatalog",
        ".type": "glue",
        ".warehouse": shelf.warehouse,
        ".client.region": shelf.region,
        **(elsewhere if shelf.endpoint else {}),
    }


def _s3a_settings(shelf: Shelf) -> dict[str, str]:
    prefix = "spark.hadoop.fs.s3a"
    elsewhere = {
        f"{prefix}.endpoint": shelf.endpoint,
        f"{prefix}.path.style.access": "true",
        f"{prefix}.connection.ssl.enabled": str(is_secure(shelf.endpoint)).lower(),
    }
    return {f"{prefix}.endpoint.region": shelf.region, **(elsewhere if shelf.endpoint else {})}


def _s3a(location: str) -> str:
    return f"s3a://{location.partition('://')[2].rstrip('/')}/"


def trino(shelf: Shelf) -> Script:
    """Trino: https://trino.io/docs/current/object-storage/metastores.html#aws-glue-catalog-configuration-properties."""
    names = {"iceberg": CATALOG, "parquet": f"{CATALOG}_hive"}
    files = {"iceberg": f"etc/catalog/{CATALOG}.properties", "parquet": f"etc/catalog/{CATALOG}_hive.properties"}
    connectors = {
        "iceberg": {"connector.name": "iceberg", "iceberg.catalog.type": "glue"},
        "parquet": {"connector.name": "hive", "hive.metastore": "glue"},
    }
    return Script(
        engine="trino",
        files={
            files[one]: "".join(f"{key}={value}\n" for key, value in (connectors[one] | _trino_aws(shelf)).items())
            for one in dict.fromkeys(table.format for table in shelf.tables)
        },
        statements={
            one.name: _select(f"{quoted(names[one.format])}.{quoted(shelf.database)}.{quoted(one.name)}", one, quoted)
            for one in shelf.tables
        },
    )


def _trino_aws(shelf: Shelf) -> dict[str, str]:
    elsewhere = {
        "hive.metastore.glue.endpoint-url": shelf.endpoint,
        "s3.endpoint": shelf.endpoint,
        "s3.path-style-access": "true",
    }
    own = {"hive.metastore.glue.region": shelf.region, "fs.native-s3.enabled": "true", "s3.region": shelf.region}
    return own | (elsewhere if shelf.endpoint else {})


def duckdb(shelf: Shelf) -> Script:
    """DuckDB: https://duckdb.org/docs/stable/core_extensions/iceberg/overview."""
    extensions = ("httpfs", "aws", "avro", "iceberg") if shelf.of("iceberg") else ("httpfs", "aws")
    schema = quoted(shelf.database)
    views = {one.name: f"{schema}.{quoted(one.name)}" for one in shelf.tables}
    return Script(
        engine="duckdb",
        notes=("views show the tables as they are now: print them again after a load",),
        setup=(
            *(f"INSTALL {one}; LOAD {one};" for one in extensions),
            _duckdb_secret(shelf),
            "SET TimeZone = 'UTC';",
            f"CREATE SCHEMA IF NOT EXISTS {schema};",
            *(f"CREATE OR REPLACE VIEW {views[one.name]} AS SELECT * FROM {_scan(one)};" for one in shelf.tables),  # noqa: S608 - quoted
        ),
        statements={one.name: _select(views[one.name], one, quoted) for one in shelf.tables},
    )


def _duckdb_secret(shelf: Shelf) -> str:
    parts = ["TYPE s3", "PROVIDER credential_chain", f"REGION {text(shelf.region)}"]
    if shelf.endpoint:
        secure = str(is_secure(shelf.endpoint)).lower()
        parts += [f"ENDPOINT {text(host(shelf.endpoint))}", "URL_STYLE 'path'", f"USE_SSL {secure}"]
    parts.append(f"SCOPE {text('s3://' + shelf.warehouse.removeprefix('s3://').partition('/')[0])}")
    return f"CREATE OR REPLACE SECRET gluepot ({', '.join(parts)});"


def _scan(table: Shelved) -> str:
    if table.format == "iceberg":
        return f"iceberg_scan({text(table.metadata)})"
    return f"read_parquet({text(_globbed(table.location.rstrip('/')) + '/*.parquet')})"


def _globbed(path: str) -> str:
    """Take from a path what DuckDB would take for a pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def _select(where: str, table: Shelved, name: Callable[[str], str]) -> str:
    columns = ", ".join(name(one) for one in table.columns)
    return f"SELECT {columns} FROM {where} LIMIT 10;"  # noqa: S608 - quoted


ENGINES: Final[dict[str, Callable[[Shelf], Script]]] = {
    "athena": athena,
    "redshift": redshift,
    "spark": spark,
    "trino": trino,
    "duckdb": duckdb,
}
