"""What every engine does with the same plan: the same rows, types, columns in the catalog, and sums for each range."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import sparks
from tests.support.emulated import leads_to
from tests.support.loads import Bench

from gluepot.cassandra.cql import MIN_TOKEN
from gluepot.lake.commit import layout
from gluepot.lake.proof import readback
from gluepot.plan.records import RangeRecord
from gluepot.source import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from gluepot_sandbox import aws as emulator
    from gluepot_sandbox.cassandra import Node

REGION = "eu-central-1"
RANGE_BYTES = 4_000
"""So that each table of the sample has several ranges, whichever engine splits it."""

TABLES = ("events", sample.TITLES, sample.VIEWINGS)
ENGINES = ("local", "spark")


class Engines:
    """One keyspace, loaded into a database of its own by each engine."""

    def __init__(self, bench: Bench, driver: sparks.Driver) -> None:
        self.bench = bench
        self.driver = driver

    def plan(self, engine: str) -> None:
        """Write the plan file: the same but for the engine, and where the tables go."""
        target = {"database": f"by_{engine}", "location": f"s3://lake/{engine}"}
        types = {sample.VIEWINGS: {"types": {"price": "decimal(12,2)"}}}
        self.bench.plan(engine=engine, target=target, table=types)

    def load(self, engine: str) -> list[tuple[str, str, Any]]:
        """Load all tables; gives name, load id and error of each."""
        self.plan(engine)
        if engine == "spark":
            done = self.driver.load(self.bench.path, range_bytes=RANGE_BYTES)
            return [(one.name, one.load_id, one.error) for one in done.tables]
        return [(one.table.name, one.load_id, one.error) for one in self.bench.load(range_bytes=RANGE_BYTES)]

    def batches(self, engine: str, table: str) -> list[pa.RecordBatch]:
        """Read a loaded table."""
        self.plan(engine)
        with self.bench.opened() as everything:
            planned = next(one for one in everything.planned.plan.tables if one.name == table)
            return list(readback.batches(everything.lake, planned))

    def records(self, engine: str, table: str) -> list[RangeRecord]:
        """Read the records of a table's ranges."""
        self.plan(engine)
        with self.bench.opened() as everything:
            planned = next(one for one in everything.planned.plan.tables if one.name == table)
            store = everything.lake.store(planned)
            latest = everything.lake.latest(planned)
            assert latest is not None
            keys = [found.key for found in store.list(layout.ranges_folder(latest.load_id))]
            return store.read_all(keys, RangeRecord)


@pytest.fixture(scope="module", params=sparks.MASTERS)
def engines(
    request: pytest.FixtureRequest,
    node: Node,
    session: Any,
    server: emulator.Emulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Engines, dict[str, list[tuple[str, str, Any]]]]]:
    """The keyspace, loaded once by each engine, for all the tests."""
    folder = tmp_path_factory.mktemp("engines")
    server.reset()
    with pytest.MonkeyPatch.context() as patch:
        leads_to(server, patch, REGION)
        keyspace = "engines"
        sample.write(session, keyspace, create=True)
        bench = Bench(node, session, keyspace, server, folder)
        bench.fill(800)
        with sparks.driver(folder, bench.environment(), request.param) as driver:
            made = Engines(bench, driver)
            yield made, {engine: made.load(engine) for engine in ENGINES}
        session.execute(f"DROP KEYSPACE {keyspace}", timeout=120)
        assert server.invalid() == []


Both = tuple[Engines, dict[str, list[tuple[str, str, Any]]]]


def test_every_engine_loads_every_table(engines: Both) -> None:
    _, done = engines
    for engine in ENGINES:
        assert [(name, error) for name, _, error in done[engine]] == [(name, None) for name in sorted(TABLES)]


@pytest.mark.parametrize("table", TABLES)
def test_rows_and_types_are_the_same(engines: Both, table: str) -> None:
    made, _ = engines
    local, spark = (made.batches(engine, table) for engine in ENGINES)
    assert {str(batch.schema) for batch in local} == {str(batch.schema) for batch in spark}
    rows, others = (Counter(str(row) for batch in each for row in batch.to_pylist()) for each in (local, spark))
    assert sum(rows.values()) >= 60
    assert rows == others


@pytest.mark.parametrize("table", TABLES)
def test_columns_in_the_catalog_are_the_same(engines: Both, table: str) -> None:
    made, _ = engines
    local, spark = (
        made.bench.glue.get_table(DatabaseName=f"by_{engine}", Name=table)["Table"]["StorageDescriptor"]["Columns"]
        for engine in ENGINES
    )
    assert local == spark


@pytest.mark.parametrize("table", TABLES)
def test_rows_and_checksums_of_each_range_of_the_ring_are_the_same(engines: Both, table: str) -> None:
    """Engines may cut the ring finer or coarser; between the cuts that they share, sums are the same."""
    made, _ = engines
    local, spark = ([part for record in made.records(engine, table) for part in record.parts] for engine in ENGINES)
    edges = [MIN_TOKEN, *sorted({part.end for part in local} & {part.end for part in spark})]
    assert len(edges) > 4

    def sums(parts: list[Any]) -> list[tuple[int, int]]:
        between = [[one for one in parts if start < one.end <= end] for start, end in itertools.pairwise(edges)]
        return [(sum(one.rows for one in each), sum(one.checksum for one in each)) for each in between]

    assert sums(local) == sums(spark)


@pytest.mark.parametrize("table", TABLES)
def test_what_happened_to_the_values_is_counted_alike(engines: Both, table: str) -> None:
    from gluepot.lake.convert import fidelity

    made, _ = engines
    local, spark = (made.records(engine, table) for engine in ENGINES)
    assert fidelity.merge([one.tallies for one in local]) == fidelity.merge([one.tallies for one in spark])
    assert sum(one.read for one in local) == sum(one.read for one in spark)
    # a page more has offsets and bitmaps of its own: where pages end depends on how quickly the node answers
    assert sum(one.bytes for one in local) == pytest.approx(sum(one.bytes for one in spark), rel=0.01)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_an_engine_loaded_is_verified_against_the_source(engines: Both, engine: str) -> None:
    made, _ = engines
    made.plan(engine)
    verified = made.bench.cli("load", "verify", "--rescan", "--output", "json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert [one["is_equal"] for one in json.loads(verified.stdout)["tables"]] == [True] * len(TABLES)
