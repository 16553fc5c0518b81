"""What cannot be loaded is said before anything is written, each fault with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support import lakes
from tests.support.lakes import RANGES, load, numbered, planned

from gluepot.aws.access import Access
from gluepot.errors import ConfigError, DeniedError, GluepotError
from gluepot.lake.commit.lake import Lake
from gluepot.lake.proof import readback
from gluepot_sandbox.aws import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.lakes import World

    from gluepot.plan.table import PlannedTable


@pytest.fixture(autouse=True)
def _without_faults(world: World) -> Iterator[None]:
    yield
    world.aws.change(faults=[])


def refusal(lake: Lake, table: PlannedTable) -> GluepotError:
    """Check a table, which must be refused, and nothing written."""
    with pytest.raises(GluepotError) as refused:
        lake.check(table)
    return refused.value


def test_a_table_that_can_be_loaded_is_let_through(world: World) -> None:
    world.lake.check(planned())
    world.lake.check(planned(format="parquet"))


def test_nothing_is_written_by_a_check(world: World) -> None:
    world.aws.forget()
    world.lake.check(planned())
    assert {call.operation for call in world.aws.calls()} == {"GetDatabase", "GetTable", "GET"}


@pytest.mark.usefixtures("world")
def test_a_missing_database_is_offered_to_be_created() -> None:
    lake = Lake.open(Access(), lakes.REGION, "elsewhere")
    said = refusal(lake, planned())
    assert isinstance(said, ConfigError)
    assert "there is no database elsewhere" in str(said)
    assert "create_database = true" in said.hint
    assert "--create-database" in said.hint
    lake.create_database()
    lake.create_database()
    lake.check(planned())


def test_a_missing_bucket_is_named(world: World) -> None:
    said = refusal(world.lake, planned(location="s3://no-such-bucket/tables/one"))
    assert isinstance(said, ConfigError)
    assert "the bucket no-such-bucket is not there" in str(said)
    assert "aws s3 mb" in said.hint


def test_a_denied_bucket_is_named_with_what_to_allow(world: World) -> None:
    world.aws.change(faults=[Fault(FaultKind.DENIED, service="s3")])
    said = refusal(world.lake, planned())
    assert isinstance(said, DeniedError)
    assert "s3:ListBucket on arn:aws:s3:::lake " in said.hint


def test_a_bucket_of_another_region_is_said(world: World) -> None:
    code = "AuthorizationHeaderMalformed"
    world.aws.change(faults=[Fault(FaultKind.ERROR, service="s3", code=code, status=400)])
    said = refusal(world.lake, planned())
    assert isinstance(said, ConfigError)
    assert "in another region" in str(said)


def test_a_denied_catalog_is_named_with_what_to_allow(world: World) -> None:
    world.aws.change(faults=[Fault(FaultKind.DENIED, operation="GetDatabase")])
    said = refusal(world.lake, planned())
    assert isinstance(said, DeniedError)
    assert "glue:GetDatabase" in said.hint


def test_a_table_that_is_not_gluepots_is_left_alone(world: World) -> None:
    table = planned()
    world.aws.client("glue").create_table(
        DatabaseName=lakes.DATABASE,
        TableInput={"Name": table.name, "StorageDescriptor": {"Location": "s3://other/place"}, "Parameters": {}},
    )
    said = refusal(world.lake, table)
    assert "is there already, and is not gluepot's" in str(said)
    assert "s3://other/place" in str(said)
    assert "another name" in said.hint
    with pytest.raises(ConfigError, match="is not gluepot's"):
        world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    assert world.keys(table) == []


def test_a_table_of_another_source_is_left_alone(world: World) -> None:
    table = planned()
    load(world.lake, table, "one", numbered(0, 3))
    said = refusal(world.lake, planned(name=table.name, source="orders"))
    assert f"it was loaded from {table.source}" in str(said)


def test_a_table_does_not_change_its_format(world: World) -> None:
    table = planned()
    load(world.lake, table, "one", numbered(0, 3))
    said = refusal(world.lake, planned(name=table.name, format="parquet"))
    assert "is a table of format iceberg, and the plan says parquet" in str(said)
    assert 'format = "iceberg"' in said.hint


def test_a_table_does_not_change_its_place(world: World) -> None:
    table = planned()
    load(world.lake, table, "one", numbered(0, 3))
    said = refusal(world.lake, planned(name=table.name, location="s3://lake/elsewhere"))
    assert f"it lies at {table.location}, the plan says s3://lake/elsewhere" in str(said)


def test_a_location_that_holds_something_else_is_refused(world: World) -> None:
    table = planned()
    world.lake.account.landing(table.location).put("metadata/v1.metadata.json", b"{}")
    said = refusal(world.lake, table)
    assert "is not empty" in str(said)
    assert "metadata/" in str(said)


def test_a_location_of_another_table_is_refused(world: World) -> None:
    table = planned()
    world.lake.begin(table, load_id="one", digest="digest", ranges=RANGES)
    said = refusal(world.lake, planned(location=table.location))
    assert f"shop.{table.name} was loaded into it" in str(said)


def test_a_table_that_was_dropped_is_made_again_in_its_place(world: World) -> None:
    table = planned()
    load(world.lake, table, "one", numbered(0, 3))
    world.aws.client("glue").delete_table(DatabaseName=lakes.DATABASE, Name=table.name)
    world.lake.check(table)
    load(world.lake, table, "two", numbered(5, 8))
    assert lakes.rows_of(world.lake, table) == numbered(5, 8)


@pytest.mark.parametrize("load_id", ["", "a/b", "../x", "é", "x" * 101])
def test_a_load_id_that_cannot_be_part_of_a_name_is_refused(world: World, load_id: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a load id"):
        world.lake.begin(planned(), load_id=load_id, digest="digest", ranges=RANGES)


def test_reading_back_a_table_that_was_never_loaded_says_so(world: World) -> None:
    for table in (planned(), planned(format="parquet")):
        with pytest.raises(ConfigError, match="there is no table"):
            list(readback.batches(world.lake, table))
        with pytest.raises(ConfigError, match="there is no table"):
            readback.record_of(world.lake, table)
