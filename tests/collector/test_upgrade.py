"""A generation of release 0.1.0 is read by today's gluepot: what has not changed is told to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.collecting import short
from tests.support.generations import MARK, catalog, write

from gluepot.collector.generation import Generation
from gluepot.glue.records import READER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator


@pytest.fixture
def upgraded(aws: Emulator, run: Collector) -> Collector:
    """A collector whose last run was one of 0.1.0, over the catalog that is still there."""
    aws.change(tables=catalog())
    write("one_server", run.state)
    run.mark, run.day = MARK, 1
    return run


def test_what_0_1_0_wrote_is_read(tmp_path: Path) -> None:
    generation = Generation(write("one_server", tmp_path))
    assert generation.landings == {"shop_glue": ""}
    assert generation.regions() == [("123456789012", "us-east-1", "", "shop_glue")]
    (database,) = generation.databases()
    assert generation.count_tables(database.id) == 12
    assert {table.reader for table in generation.tables(database.id)} == {1}
    generation.close()


def test_nothing_but_better_readings_is_told(upgraded: Collector) -> None:
    found = upgraded(server="shop_glue")
    assert not found.manifest.full
    assert {(row["EVENT_TYPE"], row["EVIDENCE"]) for row in found.events} <= {("UPDATED", "reader")}
    told = [row for row in found.metadata if row["OBJECT_TYPE"] != "COLUMN"]
    assert {row["CHANGE"] for row in told} <= {"UPDATED"}
    assert sorted(row["OBJECT_ID"] for row in told) == sorted(row["OBJECT_ID"] for row in found.events)
    assert {row["NAME"] for row in told}.isdisjoint({"plain", "other"})
    assert found.manifest.counts["deleted"] == 0
    again = upgraded(server="shop_glue")
    assert (again.metadata, again.events) == ([], [])


def test_what_changed_since_is_told_as_ever(aws: Emulator, upgraded: Collector) -> None:
    tables = [table for table in catalog("other") if table.catalog_id == "123456789012"]
    changed = [
        {**table.record, "VersionId": "2", "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "int"}]}}
        if table.record["Name"] == "plain"
        else table.record
        for table in tables
    ]
    aws.change(tables=[{"database": "lake", "record": record, "region": "us-east-1"} for record in changed])
    found = upgraded(server="shop_glue")
    told = {(row["EVENT_TYPE"], short(row["OBJECT_ID"])) for row in found.events if row["EVIDENCE"] != "reader"}
    retyped = {("UPDATED", "plain"), ("COLUMN_RETYPED", "plain#id"), ("COLUMN_DROPPED", "plain#note")}
    assert told == {*retyped, ("DELETED", "other")}


def test_the_next_generation_says_who_read_it(upgraded: Collector) -> None:
    found = upgraded(server="shop_glue")
    generation = Generation(upgraded.state / found.manifest.generation)
    (database,) = generation.databases()
    assert {table.reader for table in generation.tables(database.id)} == {READER}
    generation.close()
