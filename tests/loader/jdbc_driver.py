"""What a JDBC driver says of a table, and what Spark's JDBC reader does with it, as JSON lines: a program of its own.

It is given the folder of the driver's jars, the port of a Cassandra, a keyspace and a table; the password is in the
environment.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

DRIVER = "com.ing.data.cassandra.jdbc.CassandraDriver"


def main() -> None:
    """Print a line for each column, and one of what Spark said."""
    jars, port, keyspace, table = sys.argv[1:]
    classes = os.pathsep.join(str(path) for path in sorted(Path(jars).glob("*.jar")))
    builder = SparkSession.builder.master("local[1]").config("spark.driver.extraClassPath", classes)
    spark = builder.config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    login = f"user=cassandra&password={os.environ['CASSANDRA_PASSWORD']}"
    url = f"jdbc:cassandra://127.0.0.1:{port}/{keyspace}?localdatacenter=datacenter1&{login}"
    for line in (*columns(spark, url, table), read(spark, url, table)):
        sys.stdout.write(json.dumps(line) + "\n")
    spark.stop()


def columns(spark: Any, url: str, table: str) -> list[dict[str, str]]:
    """Describe the columns of the one row that there is."""
    jvm = spark._jvm
    jvm.java.lang.Class.forName(DRIVER)
    connection = jvm.java.sql.DriverManager.getConnection(url)
    answer = connection.createStatement().executeQuery(f"SELECT * FROM {table}")
    told = answer.getMetaData()
    answer.next()
    found = []
    for number in range(1, told.getColumnCount() + 1):
        kind = jvm.java.sql.JDBCType.valueOf(told.getColumnType(number)).getName()
        found.append({"column": told.getColumnName(number), "jdbc": kind, "text": text(answer, number)})
    connection.close()
    return found


def text(answer: Any, number: int) -> str:
    """Give a value as Spark reads it for a string column."""
    try:
        return str(answer.getString(number))
    except Exception as error:  # noqa: BLE001 - whatever Java raises is the fact
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"


def read(spark: Any, url: str, table: str) -> dict[str, str]:
    """Read the table as Spark's JDBC reader does."""
    try:
        spark.read.format("jdbc").option("url", url).option("driver", DRIVER).option("dbtable", table).load()
    except Exception as error:  # noqa: BLE001 - likewise
        said = [line for line in str(error).splitlines() if "Exception" in line]
        return {"spark": said[0] if said else str(error)}
    return {"spark": "read"}


if __name__ == "__main__":
    main()
