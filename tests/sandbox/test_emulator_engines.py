"""What engines ask of Glue beside tables: statistics of columns, functions, a search."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gluepot_sandbox.aws.settings import ExtraTable, LakeFormation, Settings, Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot_sandbox.aws import Emulator

COLUMNS = [{"Name": "id", "Type": "bigint"}, {"Name": "name", "Type": "string"}]
ORDERS = {"Name": "orders", "StorageDescriptor": {"Columns": COLUMNS}, "PartitionKeys": [{"Name": "day"}]}
WHERE = {"DatabaseName": "shop", "TableName": "orders"}
WHEN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


@pytest.fixture
def aws(server: Emulator) -> Iterator[Emulator]:
    server.reset()
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "shop"})
    glue.create_table(DatabaseName="shop", TableInput=ORDERS)
    yield server
    assert server.invalid() == []


@pytest.fixture
def glue(aws: Emulator) -> Any:
    return aws.client("glue")


def refused(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    return str(caught.value.response["Error"]["Code"])


def counted(name: str, most: int = 9) -> dict[str, Any]:
    data = {
        "Type": "LONG",
        "LongColumnStatisticsData": {"MaximumValue": most, "NumberOfNulls": 0, "NumberOfDistinctValues": 3},
    }
    return {"ColumnName": name, "ColumnType": "bigint", "AnalyzedTime": WHEN, "StatisticsData": data}


def test_statistics_of_columns_are_kept_told_and_forgotten(glue: Any) -> None:
    answer = glue.update_column_statistics_for_table(**WHERE, ColumnStatisticsList=[counted("id"), counted("nobody")])
    assert [one["ColumnStatistics"]["ColumnName"] for one in answer["Errors"]] == ["nobody"]
    glue.update_column_statistics_for_table(**WHERE, ColumnStatisticsList=[counted("id", 10)])
    asked = glue.get_column_statistics_for_table(**WHERE, ColumnNames=["id", "name"])
    assert asked["ColumnStatisticsList"] == [counted("id", 10)]
    assert [(one["ColumnName"], one["Error"]["ErrorCode"]) for one in asked["Errors"]] == [
        ("name", "EntityNotFoundException")
    ]
    glue.delete_column_statistics_for_table(**WHERE, ColumnName="id")
    glue.delete_column_statistics_for_table(**WHERE, ColumnName="id")  # Trino does so of columns that never had any
    gone = {**WHERE, "TableName": "gone"}
    assert refused(glue.delete_column_statistics_for_table, **gone, ColumnName="id") == "EntityNotFoundException"


def test_statistics_of_another_kind_and_of_a_table_that_is_not_there_are_refused(glue: Any) -> None:
    wrong = counted("id")
    wrong["StatisticsData"]["Type"] = "STRING"
    assert (
        refused(glue.update_column_statistics_for_table, **WHERE, ColumnStatisticsList=[wrong])
        == "InvalidInputException"
    )
    lost = WHERE | {"TableName": "lost"}
    assert refused(glue.get_column_statistics_for_table, **lost, ColumnNames=["id"]) == "EntityNotFoundException"
    many = [counted("id")] * 26
    assert refused(glue.update_column_statistics_for_table, **WHERE, ColumnStatisticsList=many) == "ValidationException"


def test_a_table_that_is_made_again_has_no_statistics(glue: Any) -> None:
    glue.update_column_statistics_for_table(**WHERE, ColumnStatisticsList=[counted("id")])
    glue.update_table(DatabaseName="Shop", TableInput=ORDERS | {"Description": "changed"})
    assert glue.get_column_statistics_for_table(**WHERE, ColumnNames=["id"])["ColumnStatisticsList"]
    glue.delete_table(DatabaseName="shop", Name="orders")
    glue.create_table(DatabaseName="shop", TableInput=ORDERS)
    assert not glue.get_column_statistics_for_table(**WHERE, ColumnNames=["id"])["ColumnStatisticsList"]


def test_partitions_have_statistics_of_their_own(glue: Any) -> None:
    day = {"PartitionValues": ["2026-01-01"]}
    given = {**WHERE, **day, "ColumnStatisticsList": [counted("id")]}
    assert refused(glue.update_column_statistics_for_partition, **given) == "EntityNotFoundException"
    glue.create_partition(**WHERE, PartitionInput={"Values": day["PartitionValues"]})
    assert glue.update_column_statistics_for_partition(**given)["Errors"] == []
    found = glue.get_column_statistics_for_partition(**WHERE, **day, ColumnNames=["id"])
    assert found["ColumnStatisticsList"] == [counted("id")]
    assert not glue.get_column_statistics_for_table(**WHERE, ColumnNames=["id"])["ColumnStatisticsList"]
    glue.delete_partition(**WHERE, **day)
    glue.create_partition(**WHERE, PartitionInput={"Values": day["PartitionValues"]})
    assert not glue.get_column_statistics_for_partition(**WHERE, **day, ColumnNames=["id"])["ColumnStatisticsList"]
    glue.update_column_statistics_for_partition(**given)
    glue.delete_column_statistics_for_partition(**WHERE, **day, ColumnName="id")
    assert not glue.get_column_statistics_for_partition(**WHERE, **day, ColumnNames=["id"])["ColumnStatisticsList"]


def test_functions_are_kept_listed_renamed_and_forgotten(aws: Emulator, glue: Any) -> None:
    function = {"FunctionName": "trino__f__1", "ClassName": "TrinoFunction", "OwnerType": "USER", "OwnerName": "me"}
    uris = [{"ResourceType": "FILE", "Uri": "x" * 1024}]
    glue.create_user_defined_function(DatabaseName="shop", FunctionInput=function | {"ResourceUris": uris})
    assert (
        refused(glue.create_user_defined_function, DatabaseName="shop", FunctionInput=function)
        == "AlreadyExistsException"
    )
    glue.create_user_defined_function(DatabaseName="shop", FunctionInput=function | {"FunctionName": "other"})
    for name, pattern in (("trino__f__1", r"trino__\Qf\E__.*"), ("other", "o*")):
        listed = glue.get_user_defined_functions(DatabaseName="shop", Pattern=pattern)["UserDefinedFunctions"]
        assert [one["FunctionName"] for one in listed] == [name]
    aws.change(page_size=1)
    pages = list(glue.get_paginator("get_user_defined_functions").paginate(Pattern=".*"))
    assert [one["FunctionName"] for page in pages for one in page["UserDefinedFunctions"]] == ["other", "trino__f__1"]
    at = {"DatabaseName": "shop", "FunctionName": "other"}
    glue.update_user_defined_function(**at, FunctionInput=function | {"FunctionName": "renamed"})
    assert refused(glue.get_user_defined_function, **at) == "EntityNotFoundException"
    found = glue.get_user_defined_function(DatabaseName="SHOP", FunctionName="renamed")["UserDefinedFunction"]
    assert (found["ClassName"], found["DatabaseName"], found["CatalogId"]) == ("TrinoFunction", "shop", "123456789012")
    glue.delete_user_defined_function(DatabaseName="shop", FunctionName="renamed")
    glue.delete_table(DatabaseName="shop", Name="orders")
    glue.delete_database(Name="shop")
    assert refused(glue.get_user_defined_functions, DatabaseName="shop", Pattern="*") == "EntityNotFoundException"
    glue.create_database(DatabaseInput={"Name": "shop"})
    assert glue.get_user_defined_functions(DatabaseName="shop", Pattern="*")["UserDefinedFunctions"] == []


def names(glue: Any, **asked: Any) -> list[str]:
    found: list[str] = []
    while True:
        page = glue.search_tables(**asked)
        found += [one["Name"] for one in page["TableList"]]
        if "NextToken" not in page:
            return found
        asked["NextToken"] = page["NextToken"]


def test_tables_are_searched_by_text_and_by_filters(aws: Emulator, glue: Any) -> None:
    extra = (
        ExtraTable("other", {"Name": "customer-link", "UpdateTime": 1000.0, "Parameters": {"classification": "csv"}}),
        ExtraTable("other", {"Name": "customerlinks", "UpdateTime": 2000.0, "Description": "all links"}),
    )
    aws.settings(Settings(tables=extra, page_size=1))
    assert sorted(names(glue)) == ["customer-link", "customerlinks", "orders"]
    assert names(glue, SearchText="links") == ["customerlinks"]
    assert names(glue, SearchText='"customer-link"') == ["customer-link"]
    assert names(glue, Filters=[{"Key": "Name", "Value": "link"}]) == ["customer-link"]
    assert names(glue, Filters=[{"Key": "DatabaseName", "Value": "shop"}]) == ["orders"]
    assert names(glue, Filters=[{"Key": "classification", "Value": "csv"}]) == ["customer-link"]
    later = [{"Key": "UpdateTime", "Value": "1500", "Comparator": "GREATER_THAN"}]
    assert names(glue, Filters=later, SortCriteria=[{"FieldName": "UpdateTime", "Sort": "DESC"}]) == [
        "orders",
        "customerlinks",
    ]
    assert refused(glue.search_tables, Filters=[later[0] | {"Value": "noon"}]) == "InvalidInputException"
    assert refused(glue.search_tables, MaxResults=1001) == "ValidationException"


def test_a_search_finds_what_is_shared_where_it_is_asked_for_and_nothing_that_is_hidden(
    aws: Emulator, glue: Any
) -> None:
    owner, stranger = "111111111111", "222222222222"
    extra = (
        ExtraTable("open", {"Name": "lent"}, catalog_id=owner),
        ExtraTable("closed", {"Name": "kept"}, catalog_id=owner),
        ExtraTable("open", {"Name": "theirs"}, catalog_id=stranger),
        ExtraTable("shop", {"Name": "hidden"}),
    )
    rules = (LakeFormation(database="shop", tables=("hidden",)),)
    aws.settings(Settings(tables=extra, shares=(Share(owner, "123456789012", database="open"),), lake_formation=rules))
    assert names(glue) == ["orders"]
    assert names(glue, ResourceShareType="FOREIGN") == ["lent"]
    assert names(glue, ResourceShareType="ALL") == ["orders", "lent"]
