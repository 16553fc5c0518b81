"""Spark, with Iceberg's own Glue catalog, reads what a load made, as `gluepot load sql` tells it to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.support import everytype
from tests.support.jars import jars

from gluepot.lake.checksum import checksum
from gluepot.lake.proof import described
from gluepot.lake.types.typemap import schema_of
from gluepot_sandbox.cassandra import artefacts

if TYPE_CHECKING:
    from tests.support.loads import Bench

    from gluepot.plan.table import PlannedTable

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
HOME = Path(__file__).with_name("sparkreader")


def spark_reads(bench: Bench, folder: Path) -> dict[str, pa.Table]:
    """Have Spark run what is printed for it; give what it finds, by table."""
    told = bench.cli("load", "sql", "--engine", "spark", "--output", "json")
    assert told.returncode == 0, told.stderr
    (folder / "script.json").write_text(told.stdout)
    home = Path(artefacts.java()).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, str(HOME / "read.py"), str(folder / "script.json"), str(jars(HOME / "pom.xml")), str(folder)],
        env=bench.environment() | {"JAVA_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {one.stem: pa.ipc.open_file(str(one)).read_all() for one in folder.glob("*.arrow")}


def total(table: PlannedTable, found: pa.Table) -> tuple[int, int]:
    """Count and hash what Spark found, in the types of the lake."""
    schema = schema_of(table.columns)
    exact = pa.Table.from_arrays([found.column(one.name).cast(one.type) for one in schema], schema=schema)
    return exact.num_rows, sum(checksum.total(checksum.row_hashes(batch)) for batch in exact.to_batches())


def test_spark_finds_every_type_in_iceberg_and_plain_tables_as_the_source_has_it(bench: Bench, tmp_path: Path) -> None:
    everytype.fill(bench)
    bench.fill(500)
    bench.session.execute(f"CREATE TABLE {bench.keyspace}.early (id int PRIMARY KEY, at timestamp, day date)")
    bench.session.execute(
        f"INSERT INTO {bench.keyspace}.early (id, at, day) VALUES (1, '1883-11-18 12:03:57Z', '1582-10-10')"
    )
    typed = {"types": {"t_decimal": "decimal(10,2)"}}
    plain = {"format": "parquet"}
    bench.plan(table={"things": typed | {"partition": ["bucket(3, shop)"]}, "events": plain, "early": plain})
    loaded = {one.table.name: one for one in bench.load()}
    found = spark_reads(bench, tmp_path)
    assert set(found) == {"things", "events", "early"} == set(loaded)
    with bench.opened() as everything:
        for table in everything.planned.plan.tables:
            rows, checked = total(table, found[table.name])
            parts = described.of(everything.lake, table.name).parts
            assert (rows, checked) == (sum(one.rows for one in parts), sum(one.checksum for one in parts))
    assert loaded["events"].rows == 500
