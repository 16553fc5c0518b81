"""Run by a Python with PySpark: read tables as `gluepot load sql --engine spark` says, and write Arrow.

`read.py SCRIPT.json JARS FOLDER`: one file for each table, `NAME.arrow`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession


def main(script: str, jars: str, folder: str) -> None:
    """Read every table whole: the statements' LIMIT is for people."""
    told = json.loads(Path(script).read_text())["spark"]
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    for key, value in told["settings"].items():
        if key != "spark.jars.packages":  # what it names is in the folder already
            builder = builder.config(key, value)
    every = ",".join(str(one) for one in sorted(Path(jars).glob("*.jar")))
    spark = builder.config("spark.jars", every).getOrCreate()
    for name, sql in told["statements"].items():
        found = spark.sql(sql.replace(" LIMIT 10;", ""))
        batches = found._collect_as_arrow()
        table = pa.Table.from_batches(batches) if batches else pa.table({one: [] for one in found.columns})
        with pa.ipc.new_file(str(Path(folder) / f"{name}.arrow"), table.schema) as file:
            file.write_table(table)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
