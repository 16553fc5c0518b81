"""What cannot be loaded is said before anything is written, each fault with what to do about it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.support import lakes
from tests.support.lakes import RANGES, load, numbered, planned, stage

from gluepot.aws.access import Access
from gluepot.errors import ConfigError, ConflictError, DeniedError, GluepotError
from gluepot.lake.commit.errors import store_error
from gluepot.lake.commit.lake import Lake
from gluepot.lake.proof import described, readback
from gluepot.landing import StoreError
from gluepot.loader.plan.planning import PlannedLoad
from gluepot.loader.plan.refusal import Refusal
from gluepot.loader.plan.targetcheck import checked
from gluepot.plan.table import LoadPlan, PlannedColumn
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
        lakes.check(lake, table)
    return refused.value


def test_a_table_that_can_be_loaded_is_let_through(world: World) -> None:
    lakes.check(world.lake, planned())
    lakes.check(world.lake, planned(format="parquet"))


def test_nothing_is_written_by_a_check(world: World) -> None:
    world.aws.forget()
    lakes.check(world.lake, planned())
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
    lakes.check(lake, planned())


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
    assert (said.action, said.resource) == ("s3:ListBucket", "arn:aws:s3:::lake")


def test_what_is_denied_is_named_as_s3_names_it_and_in_the_bucket_s_partition() -> None:
    named = StoreError("cannot list", "it answered 403", kind="denied")
    named.action, named.resource = "kms:Decrypt", "arn:aws-cn:kms:cn-north-1:123456789012:key/a"
    said = store_error(named, "reading a at s3://lake/t", "cn-north-1")
    assert isinstance(said, DeniedError)
    assert (said.action, said.resource) == (named.action, named.resource)
    assert said.hint.startswith(
        f"allow kms:Decrypt on {named.resource}; a load takes s3:ListBucket on arn:aws-cn:s3:::"
    )
    plain = StoreError("cannot send", "it answered 403", kind="denied")
    said = store_error(plain, "sending a at s3://lake/t", "cn-north-1")
    assert isinstance(said, DeniedError)
    assert (said.action, said.resource) == ("s3:PutObject", "arn:aws-cn:s3:::lake/*")


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


ORDERS: dict[str, Any] = {"name": "orders", "source": "orders", "keyspace": "shop", "cluster": "Main"}
KEYED = tuple(
    PlannedColumn(name=name, type="long", role=role, source=name, cql="bigint")  # type: ignore[arg-type]
    for name, role in (("id", "partition_key"), ("at", "clustering"), ("n", "regular"))
)


@pytest.mark.parametrize("kind", ["iceberg", "parquet"])
@pytest.mark.parametrize("other", [{"keyspace": "shop_test"}, {"cluster": "Other"}])
def test_a_table_of_another_keyspace_or_cluster_is_left_alone_unless_it_is_taken_over(
    world: World, other: dict[str, str], kind: str
) -> None:
    """Two plans that load into one target: the second is refused, whatever hosts the clusters have."""
    name = f"orders_{kind}_{next(iter(other))}"
    table = planned(**{**ORDERS, "name": name, "location": f"s3://lake/tables/{name}", "format": kind})
    load(world.lake, table, "one", numbered(0, 3))
    second = msgspec.structs.replace(table, **other)
    said = refusal(world.lake, second)
    assert isinstance(said, ConfigError)
    assert f"it was loaded from shop.orders of Main, and the plan loads {second.origin}" in str(said)
    assert "--take-over" in said.hint
    with pytest.raises(ConfigError, match="holds another source table"):
        world.lake.begin(second, load_id="two", digest="digest", ranges=RANGES)
    taking = dataclasses.replace(world.lake, take_over=True)
    assert list(taking.look(second)) == [f"it held shop.orders of Main, and is taken over for {second.origin}"]
    load(taking, second, "two", numbered(5, 7))
    assert list(world.lake.look(second)) == []
    assert "--take-over" in refusal(world.lake, table).hint


def adopted(world: World, name: str, **more: Any) -> PlannedTable:
    """Load a table as earlier versions did, which told no keyspace."""
    table = planned(name=name, source=name, columns=(), **more)
    table = msgspec.structs.replace(table, columns=KEYED)
    load(world.lake, table, "one", [(1, 2, 3)])
    return msgspec.structs.replace(table, keyspace="shop", cluster="Main")


def test_a_table_that_tells_no_keyspace_is_adopted_by_the_first_plan_that_fits(world: World) -> None:
    table = adopted(world, "old")
    assert list(world.lake.look(table)) == [
        "it does not say its keyspace yet: it is taken for shop.old of Main from this load on"
    ]
    load(world.lake, table, "two", [(1, 2, 4)])
    assert list(world.lake.look(table)) == []
    said = refusal(world.lake, msgspec.structs.replace(table, keyspace="shop_test"))
    assert "it was loaded from shop.old of Main" in str(said)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (KEYED[:1] + KEYED[2:], "its key is id bigint, at bigint, that of the plan is id bigint"),
        (
            (*KEYED[:2], msgspec.structs.replace(KEYED[2], cql="int")),
            "its column n was a bigint, that of the plan is a int",
        ),
        ((*KEYED[:2], msgspec.structs.replace(KEYED[2], source="m")), "it holds n, of which the plan has nothing"),
    ],
)
def test_a_plan_that_does_not_fit_adopts_no_table(world: World, columns: Any, why: str) -> None:
    table = adopted(world, "another")
    said = refusal(world.lake, msgspec.structs.replace(table, columns=columns))
    assert "seems to hold another source table" in str(said)
    assert why in str(said)


def test_two_loads_of_different_sources_at_once_do_not_mix(world: World) -> None:
    """Neither finds a table when it begins; in mode append the second would have been added to the first."""
    table = planned(**{**ORDERS, "name": "raced", "location": "s3://lake/tables/raced", "mode": "append"})
    other = msgspec.structs.replace(table, keyspace="shop_test")
    slow = world.lake.begin(other, load_id="slow", digest="digest", ranges=RANGES)
    load(world.lake, table, "fast", numbered(0, 3))
    for token_range in RANGES:
        stage(slow, token_range, other, [])
    with pytest.raises(ConflictError, match=r"holds shop\.orders of Main by now"):
        slow.commit()


def test_all_that_is_wrong_with_the_target_is_said_at_once_and_a_missing_database_hides_nothing(world: World) -> None:
    """Neither database nor bucket are there, of two tables: three things at the most, each once."""
    lake = Lake.open(Access(), lakes.REGION, "nowhere")
    tables = tuple(planned(location=f"s3://no-such-bucket/{name}") for name in ("one", "two"))
    plan = PlannedLoad(LoadPlan(cluster="c", keyspace="k", database="nowhere", tables=tables))
    looked = checked(plan, lake, creates=False)
    assert [one.what.partition(":")[0] for one in looked.refusals] == [
        f"there is no database nowhere in the Glue catalog of {lakes.REGION}",
        "the bucket no-such-bucket is not there",
    ]
    with pytest.raises(ConfigError, match="the plan cannot be loaded: 2 to mend"):
        looked.raise_refusals()
    created = checked(plan, lake, creates=True)
    assert [one.what.partition(":")[0] for one in created.refusals] == ["the bucket no-such-bucket is not there"]
    with pytest.raises(ConfigError, match="the bucket no-such-bucket is not there"):
        created.raise_refusals()
    assert world.keys(planned()) == []


@pytest.mark.parametrize("database", [lakes.DATABASE, "nowhere"])
def test_two_columns_of_one_name_are_refused_and_nothing_crashes_whatever_database_is_there(
    world: World, database: str
) -> None:
    lake = Lake.open(Access(), lakes.REGION, database)
    twice = planned(columns=(("id", "long"), ("id", "long")))
    refused = Refusal(twice.source, "two columns would be called 'id'")
    plan = PlannedLoad(
        LoadPlan(cluster="c", keyspace="k", database=database, tables=(twice, planned())), refusals=(refused,)
    )
    looked = checked(plan, lake, creates=True)
    assert looked.refusals == (refused,)
    with pytest.raises(ConfigError, match="two columns would be called 'id'"):
        looked.raise_refusals()
    assert world.keys(planned()) == []


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
    lakes.check(world.lake, table)
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
            described.of(world.lake, table.name)
