"""The emulated Glue, asked by boto3: pages, tokens, expressions, records, simulated catalogs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gluepot_sandbox import aws as emulator
from gluepot_sandbox.aws import DEFAULT_ACCOUNT, ExtraDatabase, ExtraTable, Seed, SeedDatabases, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot_sandbox.aws import Emulator

OTHER = "222222222222"
THIRD = "333333333333"
ACCOUNTS = {"AKIAOTHER00000000000": OTHER, "AKIATHIRD00000000000": THIRD}


@pytest.fixture
def aws(server: Emulator) -> Iterator[Emulator]:
    """An emulator with nothing in it, which must not have made an invalid answer at the end."""
    server.reset()
    yield server
    assert server.invalid() == []


def refused(call: Callable[..., Any], /, **parameters: object) -> str:
    """Make a call that must fail, and say its code."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def names(glue: Any, **parameters: object) -> list[str]:
    """Name the tables of a database, page by page."""
    pages = glue.get_paginator("get_tables").paginate(**parameters)
    return [table["Name"] for page in pages for table in page["TableList"]]


def fill(glue: Any, database: str, count: int) -> list[str]:
    """Create a database with some tables; returns their names."""
    glue.create_database(DatabaseInput={"Name": database})
    made = [f"t{i:03d}" for i in range(count)]
    for name in made:
        glue.create_table(DatabaseName=database, TableInput={"Name": name})
    return made


def test_created_tables_come_in_pages_each_once(aws: Emulator) -> None:
    aws.settings(Settings(page_size=10))
    glue = aws.client("glue")
    made = fill(glue, "sales", 30)
    pages = list(glue.get_paginator("get_tables").paginate(DatabaseName="sales"))
    assert [len(page["TableList"]) for page in pages] == [10, 10, 10]
    assert [table["Name"] for page in pages for table in page["TableList"]] == made
    assert "NextToken" not in pages[-1]


def test_a_table_dropped_between_pages_shifts_nothing(aws: Emulator) -> None:
    aws.settings(Settings(page_size=3))
    glue = aws.client("glue")
    made = fill(glue, "sales", 9)
    first = glue.get_tables(DatabaseName="sales")
    glue.delete_table(DatabaseName="sales", Name=made[0])
    second = glue.get_tables(DatabaseName="sales", NextToken=first["NextToken"])
    assert [table["Name"] for table in second["TableList"]] == made[3:6]


def test_a_page_holds_a_hundred_at_most(aws: Emulator) -> None:
    aws.settings(Settings(seeds=(Seed((SeedDatabases(count=250, tables=101),)),)))
    glue = aws.client("glue")
    assert len(glue.get_tables(DatabaseName="db_000000")["TableList"]) == 100
    assert len(glue.get_tables(DatabaseName="db_000000", MaxResults=7)["TableList"]) == 7
    assert refused(glue.get_tables, DatabaseName="db_000000", MaxResults=101) == "ValidationException"
    assert refused(glue.get_databases, MaxResults=1000) == "ValidationException"
    pages = list(glue.get_paginator("get_databases").paginate())
    assert [len(page["DatabaseList"]) for page in pages] == [100, 100, 50]


def test_a_token_is_good_for_its_own_call_only(aws: Emulator) -> None:
    aws.settings(Settings(accounts=ACCOUNTS, seeds=(Seed((SeedDatabases(count=2, tables=300),)),)))
    glue = aws.client("glue")
    token = glue.get_tables(DatabaseName="db_000000")["NextToken"]
    assert glue.get_tables(DatabaseName="db_000000", NextToken=token, MaxResults=5)["TableList"]
    assert refused(glue.get_tables, DatabaseName="db_000001", NextToken=token) == "InvalidInputException"
    assert refused(glue.get_tables, DatabaseName="db_000000", Expression="t.*", NextToken=token)
    assert refused(glue.get_databases, NextToken=token) == "InvalidInputException"
    for broken in ("garbage", token[:-4], token[4:], "é" + token):
        assert refused(glue.get_tables, DatabaseName="db_000000", NextToken=broken) == "InvalidInputException"


def test_a_token_can_grow_old(aws: Emulator) -> None:
    aws.settings(Settings(page_token_seconds=0, seeds=(Seed((SeedDatabases(tables=300),)),)))
    glue = aws.client("glue")
    token = glue.get_tables(DatabaseName="db_000000")["NextToken"]
    assert refused(glue.get_tables, DatabaseName="db_000000", NextToken=token) == "InvalidInputException"


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("sales_.*", ["sales_a", "sales_b"]),
        ("*_b", ["costs_b", "sales_b"]),
        ("*ale*", ["sales_a", "sales_b"]),
        ("costs_b|sales_a", ["costs_b", "sales_a"]),
        ("[cs].*_a", ["sales_a"]),
        ("sales", []),
        ("", ["costs_b", "sales_a", "sales_b"]),
    ],
)
def test_an_expression_selects_by_the_whole_name(aws: Emulator, expression: str, found: list[str]) -> None:
    tables = [ExtraTable("d", {"Name": name}) for name in ("sales_a", "sales_b", "costs_b")]
    aws.settings(Settings(tables=tuple(tables)))
    assert names(aws.client("glue"), DatabaseName="d", Expression=expression) == found


def test_a_broken_or_overlong_expression_is_refused(aws: Emulator) -> None:
    aws.settings(Settings(tables=(ExtraTable("d", {"Name": "t"}),)))
    glue = aws.client("glue")
    assert refused(glue.get_tables, DatabaseName="d", Expression="(") == "InvalidInputException"
    assert refused(glue.get_tables, DatabaseName="d", Expression="a" * 2049) == "ValidationException"


def test_an_expression_over_a_large_catalog_gives_short_pages_with_a_token(aws: Emulator) -> None:
    aws.settings(Settings(seeds=(Seed((SeedDatabases(tables=60_000),)),)))
    pages = list(aws.client("glue").get_paginator("get_tables").paginate(DatabaseName="db_000000", Expression="*59999"))
    assert [len(page["TableList"]) for page in pages] == [0, 0, 1]


def test_attributes_to_get_leaves_names_or_names_and_kinds(aws: Emulator) -> None:
    link: dict[str, Any] = {"Name": "linked", "TargetDatabase": {"CatalogId": OTHER, "DatabaseName": "x"}}
    aws.settings(
        Settings(
            databases=(ExtraDatabase({"Name": "d"}), ExtraDatabase(link)),
            tables=(ExtraTable("d", {"Name": "t", "TableType": "VIRTUAL_VIEW"}),),
        )
    )
    glue = aws.client("glue")
    assert glue.get_tables(DatabaseName="d", AttributesToGet=["NAME"])["TableList"] == [{"Name": "t"}]
    both = glue.get_tables(DatabaseName="d", AttributesToGet=["NAME", "TABLE_TYPE"])["TableList"]
    assert both == [{"Name": "t", "TableType": "VIRTUAL_VIEW"}]
    listed = glue.get_databases(AttributesToGet=["NAME", "TARGET_DATABASE"])["DatabaseList"]
    assert listed == [{"Name": "d"}, link]
    assert refused(glue.get_tables, DatabaseName="d", AttributesToGet=["TABLE_TYPE"]) == "InvalidInputException"
    assert refused(glue.get_databases, AttributesToGet=[]) == "InvalidInputException"


def test_what_real_glue_fills_in_is_there(aws: Emulator) -> None:
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": "d"})
    database = glue.get_database(Name="d")["Database"]
    assert database["CatalogId"] == DEFAULT_ACCOUNT
    assert database["CreateTableDefaultPermissions"] == [
        {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
    ]
    glue.create_table(DatabaseName="d", TableInput={"Name": "t", "StorageDescriptor": {"Columns": []}})
    table = glue.get_table(DatabaseName="d", Name="t")["Table"]
    assert table["CatalogId"] == DEFAULT_ACCOUNT
    assert table["CreatedBy"] == f"arn:aws:iam::{DEFAULT_ACCOUNT}:user/emulator"
    assert table["IsRegisteredWithLakeFormation"] is False
    assert table["Retention"] == 0
    assert table["StorageDescriptor"]["NumberOfBuckets"] == 0
    assert table["UpdateTime"] == table["CreateTime"]


def test_each_update_counts_the_version_up_and_a_stale_one_is_refused(aws: Emulator) -> None:
    glue = aws.client("glue")
    fill(glue, "d", 1)
    before = glue.get_table(DatabaseName="d", Name="t000")["Table"]
    glue.update_table(DatabaseName="d", VersionId=before["VersionId"], TableInput={"Name": "t000", "Owner": "me"})
    after = glue.get_table(DatabaseName="d", Name="t000")["Table"]
    assert int(after["VersionId"]) == int(before["VersionId"]) + 1
    assert after["Owner"] == "me"
    assert after["UpdateTime"] >= before["UpdateTime"]
    stale = {"DatabaseName": "d", "VersionId": before["VersionId"], "TableInput": {"Name": "t000"}}
    assert refused(glue.update_table, **stale) == "ConcurrentModificationException"


def test_fields_that_a_client_sent_come_back_whole(aws: Emulator) -> None:
    sent: dict[str, Any] = {
        "Name": "v",
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": "/* Presto View: e30= */",
        "Parameters": {"presto_view": "true", "ünï": "çødé 🎬"},
        "ViewDefinition": {
            "IsProtected": True,
            "SubObjects": ["arn:aws:glue:us-east-1:123456789012:table/d/t"],
            "Representations": [{"Dialect": "ATHENA", "DialectVersion": "3", "ViewOriginalText": "SELECT 1"}],
        },
        "StorageDescriptor": {"SkewedInfo": {"SkewedColumnNames": ["a"]}, "AdditionalLocations": ["s3://b/c"]},
    }
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": "d"})
    glue.create_table(DatabaseName="d", TableInput=sent)
    (listed,) = glue.get_tables(DatabaseName="d")["TableList"]
    assert {key: listed[key] for key in sent if key != "StorageDescriptor"} == {
        key: sent[key] for key in sent if key != "StorageDescriptor"
    }
    assert listed["StorageDescriptor"].items() >= sent["StorageDescriptor"].items()


def test_what_is_not_there_is_not_found(aws: Emulator) -> None:
    glue = aws.client("glue")
    fill(glue, "d", 1)
    assert refused(glue.get_tables, DatabaseName="none") == "EntityNotFoundException"
    assert refused(glue.get_database, Name="none") == "EntityNotFoundException"
    assert refused(glue.get_table, DatabaseName="d", Name="none") == "EntityNotFoundException"
    assert glue.get_table(DatabaseName="D", Name="T000")["Table"]["Name"] == "t000"


def test_a_million_tables_are_paged_from_anywhere_and_held_nowhere(aws: Emulator) -> None:
    with emulator.start(Settings(seeds=(Seed((SeedDatabases(count=5, tables=200_000),)),))) as fresh:
        glue = fresh.client("glue")
        table = glue.get_table(DatabaseName="db_000003", Name="table_0123456")["Table"]
        assert table["StorageDescriptor"]["Location"] == "s3://simulated-lake/db_000003/table_0123456/"
        assert refused(glue.get_table, DatabaseName="db_000003", Name="table_0200000") == "EntityNotFoundException"
        token, seen = "", 0
        for _ in range(30):
            page = glue.get_tables(DatabaseName="db_000004", **({"NextToken": token} if token else {}))
            token = page["NextToken"]
            seen += len(page["TableList"])
        assert seen == 3000
        assert fresh.peak_memory() < 100_000_000
        assert len({t["VersionId"] for t in page["TableList"]}) > 1
        assert all(len(t["StorageDescriptor"]["Columns"]) == 30 for t in page["TableList"])
        assert fresh.invalid() == []
    assert aws.url != fresh.url


def test_a_revision_changes_and_drops_just_the_tables_it_names(aws: Emulator) -> None:
    def read() -> dict[str, dict[str, Any]]:
        pages = aws.client("glue").get_paginator("get_tables").paginate(DatabaseName="db_000000")
        return {table["Name"]: table for page in pages for table in page["TableList"]}

    aws.settings(Settings(seeds=(Seed((SeedDatabases(tables=200),)),)))
    before = read()
    aws.settings(Settings(seeds=(Seed((SeedDatabases(tables=200, revision=1, changed_every=50, dropped_every=20),)),)))
    after = read()
    assert sorted(name for name in after if after[name] != before[name]) == [
        f"table_{i:07d}" for i in range(0, 200, 50)
    ]
    assert before.keys() - after.keys() == {f"table_{i:07d}" for i in range(19, 200, 20)}
