"""The JDBC route, as far as it is pure: URLs, types, graph, refusals, and what it says of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.support import commands

from gluepot.errors import ConfigError
from gluepot.loader.jdbc import url
from gluepot.loader.jdbc.check import check_jar, raise_refusals, refusals
from gluepot.loader.jdbc.limits import LIMITS, columns
from gluepot.loader.jdbc.nodes import nodes, spelt
from gluepot.loader.jdbc.types import carried, casts, target
from gluepot.loader.plan.readfile import from_mapping
from gluepot.plan.table import Partitioning, PlannedColumn, PlannedTable
from gluepot_sandbox.aws.validation import model

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.loader.core.planfile import PlanFile

ASTRA: dict[str, Any] = {"keyspace": "shop", "database": "orders_db", "token": "env:ASTRA_TOKEN"}
CASSANDRA: dict[str, Any] = {
    "keyspace": "shop",
    "contact_points": ["10.0.0.1", "10.0.0.2"],
    "port": 9142,
    "user": "reader",
    "password": "env:PW",
    "datacenter": "dc1",
}


def plan_file(source: dict[str, Any] = ASTRA, jdbc: dict[str, Any] | None = None, **sections: Any) -> PlanFile:
    given = {"jar": "driver.jar", "sha256": "0" * 64, **(jdbc or {})}
    lake = {"database": "lake", "location": "s3://our-lake/t", "region": "eu-central-1", "mode": "append"}
    return from_mapping({"source": source, "target": lake, "jdbc": given, "route": "jdbc", **sections})


def column(name: str, cql: str, kind: str, **more: Any) -> PlannedColumn:
    return PlannedColumn(name=name, type=kind, role="regular", **{"source": name, "cql": cql, **more})


def table(*columns: PlannedColumn, **more: Any) -> PlannedTable:
    given = {"source": "orders", "source_id": "1", "name": "orders", "location": "s3://our-lake/t/orders"}
    return PlannedTable(**{**given, "mode": "append", "columns": columns, **more})


ORDERS = table(
    column("id", "uuid", "string"),
    column("user_id", "bigint", "long", source="userId"),
    column("price", "decimal", "decimal(12, 2)"),
    column("zip", "int", "string", cast="varchar"),
    column("lines", "list<frozen<line>>", "list<struct<a: int>>"),
)


# the URL ---------------------------------------------------------------------------------------------


def test_the_url_of_astra_has_placeholders_for_the_secret() -> None:
    assert url.url_of(plan_file()) == "jdbc:astra://orders_db/shop?user=${user}&password=${password}"


def test_the_url_of_cassandra_names_all_hosts() -> None:
    wanted = "jdbc:cassandra://10.0.0.1--10.0.0.2:9142/shop?localdatacenter=dc1&user=${user}&password=${password}"
    assert url.url_of(plan_file(CASSANDRA)) == wanted


@pytest.mark.parametrize(
    "given",
    [
        "jdbc:astra://db/ks?user=token&password=AstraCS:abc:def",
        "jdbc:astra://db/ks?user=${user}&password=hunter2&x=${password}",
        "jdbc:astra://db/ks?token=AstraCS:abc",
        "jdbc:cassandra://reader:hunter2@10.0.0.1/ks?user=${user}&password=${password}",
    ],
)
def test_a_secret_in_a_url_is_refused_and_never_told(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_file(jdbc={"url": given})
    said = f"{caught.value} {caught.value.hint}"
    assert "holds a password or a token" in said
    assert "AstraCS" not in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("http://db/ks?user=${user}&password=${password}", "does not begin with jdbc:"),
        ("jdbc:astra://db/ks", "lacks ${user} or ${password}"),
        ("jdbc:astra://db/ks?user=${user}&password=${password}&x=" + "y" * 1000, "Glue takes 1,024"),
    ],
)
def test_a_url_that_cannot_be_is_refused(given: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_file(jdbc={"url": given})
    assert said in str(caught.value)


def test_the_route_needs_its_section_and_a_checksum() -> None:
    lake = {"database": "lake", "location": "s3://our-lake/t"}
    with pytest.raises(ConfigError, match="jdbc: is missing"):
        from_mapping({"source": ASTRA, "target": lake, "route": "jdbc"})
    with pytest.raises(ConfigError, match="64 hex digits"):
        plan_file(jdbc={"sha256": "abc"})


# the jar ---------------------------------------------------------------------------------------------


def test_a_jar_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no jar .*driver\.jar"):
        check_jar(plan_file(jdbc={"jar": str(tmp_path / "driver.jar")}))


def test_a_jar_with_another_checksum_is_refused_with_both(tmp_path: Path) -> None:
    (tmp_path / "driver.jar").write_bytes(b"tampered with")
    with pytest.raises(ConfigError, match="is not the one that the plan names") as caught:
        check_jar(plan_file(jdbc={"jar": str(tmp_path / "driver.jar")}))
    assert "0" * 64 in caught.value.why
    assert "nothing was uploaded" in caught.value.hint


# types and graph -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cql", "lake", "came", "to"),
    [
        ("text", "string", "string", "string"),
        ("int", "int", "int", "int"),
        ("tinyint", "int", "short", "int"),
        ("counter", "long", "long", "long"),
        ("varint", "decimal(38, 0)", "long", "decimal(38,0)"),
        ("decimal", "decimal(12, 2)", "decimal", "decimal(12,2)"),
        ("timestamp", "timestamptz", "timestamp", "timestamp"),
        ("date", "date", "date", "date"),
        ("uuid", "string", "string", "string"),
        ("blob", "binary", "string", "string"),
        ("duration", "struct<months: int, days: int, nanos: long>", "string", "string"),
        ("frozen<map<text, int>>", "map<string, int>", "string", "string"),
        ("vector<float, 3>", "list<float>", "string", "string"),
        ("address", "struct<street: string>", "string", "string"),
    ],
)
def test_each_type_is_carried_as_glue_knows_it(cql: str, lake: str, came: str, to: str) -> None:
    found = carried(cql)
    assert (found.glue, target(found, lake)) == (came, to)


def test_what_glue_cannot_cast_is_known() -> None:
    assert casts(carried("int"), "decimal(5,2)")
    assert casts(carried("text"), "int")
    assert casts(carried("timestamp"), "date")
    assert not casts(carried("boolean"), "date")


def test_names_are_spelt_as_cql_has_them() -> None:
    assert spelt("orders") == "orders"
    assert spelt("userOrders") == '"userOrders"'
    assert spelt('a"b') == '"a""b"'


def test_the_graph_reads_maps_and_writes_each_table() -> None:
    graph = nodes([ORDERS, msgspec.structs.replace(ORDERS, name="twin")], "lake", "connector", "connection")
    assert list(graph) == [f"node-{number}" for number in range(1, 7)]
    assert graph["node-1"]["JDBCConnectorSource"]["ConnectionTable"] == "orders"
    assert graph["node-5"]["ApplyMapping"]["Inputs"] == ["node-4"]
    mapped = graph["node-2"]["ApplyMapping"]["Mapping"]
    assert [(one["FromPath"], one["FromType"], one["ToKey"], one["ToType"]) for one in mapped] == [
        (["id"], "string", "id", "string"),
        (["userId"], "long", "user_id", "long"),
        (["price"], "decimal", "price", "decimal(12,2)"),
        (["zip"], "int", "zip", "string"),
        (["lines"], "string", "lines", "string"),
    ]


@pytest.mark.parametrize(("form", "node"), [("iceberg", "S3IcebergCatalogTarget"), ("parquet", "S3GlueParquetTarget")])
def test_the_target_is_a_catalog_table_in_the_plans_format(form: Any, node: str) -> None:
    graph = nodes([msgspec.structs.replace(ORDERS, format=form)], "lake", "connector", "connection")
    written = graph["node-3"][node]
    assert written["SchemaChangePolicy"]["EnableUpdateCatalog"]
    named = written if form == "iceberg" else written["SchemaChangePolicy"]
    assert (named["Database"], named["Table"]) == ("lake", "orders")


def test_the_graph_fits_the_service_model() -> None:
    from gluepot_sandbox.aws import validation

    for form in ("iceberg", "parquet"):
        graph = nodes([msgspec.structs.replace(ORDERS, format=form)], "lake", "connector", "connection")
        given = {"Name": "j", "Role": "r", "Command": {"Name": "glueetl"}, "CodeGenConfigurationNodes": graph}
        assert validation.input_problems("glue", "CreateJob", given) == []
    assert "CodeGenConfigurationNodes" in model("glue").operation_model("CreateJob").input_shape.members


# refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"filter": "id = 1"}, "table.orders.filter"),
        ({"derive": {"x": "price * 2"}}, "table.orders.derive"),
        ({"writetime": ["price"]}, "table.orders.writetime"),
        ({"ttl": ["price"]}, "table.orders.ttl"),
        ({"expires_at": True}, "table.orders.expires_at"),
        ({"policy": {"price": "null"}}, "table.orders.policy"),
        ({"static": "split"}, "table.orders.static"),
    ],
)
def test_an_option_that_the_route_cannot_honour_stops_it(keys: dict[str, Any], said: str) -> None:
    file = plan_file(table={"orders": keys})
    with pytest.raises(ConfigError) as caught:
        raise_refusals(file, [ORDERS])
    assert said in str(caught.value)


def test_replacing_and_transforms_are_refused() -> None:
    asked = table(
        *ORDERS.columns,
        partition=(Partitioning(column="id", transform="bucket[16]"),),
        format="parquet",
    )
    found = refusals(plan_file(table={"orders": {"mode": "replace"}}), [asked])
    assert any("every run adds its rows" in line for line in found)
    assert any("bucket[16] of id cannot be written" in line for line in found)


def test_a_cast_that_glue_would_make_null_of_is_refused() -> None:
    asked = table(column("seen", "boolean", "date", cast="date"))
    assert any("would write null" in line for line in refusals(plan_file(), [asked]))


def test_a_plan_that_the_route_can_do_is_not_refused() -> None:
    assert refusals(plan_file(), [ORDERS]) == []


# explain ---------------------------------------------------------------------------------------------


def test_each_column_that_loses_something_says_what() -> None:
    told = {one.column: one for one in columns([ORDERS])}
    assert told["user_id"].loss == ""
    assert "one text" in told["lines"].loss
    assert told["lines"].native == "list<struct<a: int>>"
    assert "decimal(38,18)" in told["price"].loss


def test_every_limit_says_why_and_what_the_native_reader_does() -> None:
    for limit in LIMITS:
        assert limit.what
        assert limit.why.endswith(".")
        assert not limit.native.endswith(".")
    assert "one partition" in json.dumps(LIMITS).lower() or "one spark partition" in json.dumps(LIMITS).lower()


def test_it_is_explained_in_text_or_in_json(tmp_path: Path) -> None:
    text, told = (
        commands.run("explain", "jdbc", *more, folder=tmp_path, environ={"COLUMNS": "100"})
        for more in ((), ("--output", "json"))
    )
    assert (text.returncode, told.returncode) == (0, 0)
    assert text.stdout.lstrip()[:1].isalpha()
    assert [one["what"] for one in json.loads(told.stdout)["limits"]] == [limit.what for limit in LIMITS]
