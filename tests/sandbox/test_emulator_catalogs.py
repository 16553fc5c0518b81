"""The emulated Glue, asked by boto3: accounts, regions, shares, links, Lake Formation, raw records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from gluepot_sandbox.aws import (
    DEFAULT_ACCOUNT,
    ExtraDatabase,
    ExtraTable,
    Grant,
    LakeFormation,
    RawDatabase,
    RawTable,
    Seed,
    SeedDatabases,
    Settings,
    Share,
)

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


def test_a_table_link_is_a_record_of_its_own(aws: Emulator) -> None:
    target = {"CatalogId": OTHER, "DatabaseName": "theirs", "Name": "orders", "Region": "eu-west-1"}
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": "d"})
    glue.create_table(DatabaseName="d", TableInput={"Name": "link", "TargetTable": target})
    assert glue.get_table(DatabaseName="d", Name="link")["Table"]["TargetTable"] == target


def test_each_region_and_account_has_its_own_catalog(aws: Emulator) -> None:
    aws.settings(Settings(accounts=ACCOUNTS))
    for region in ("us-east-1", "eu-west-1"):
        aws.client("glue", region=region).create_database(DatabaseInput={"Name": region})
    theirs = aws.client("glue", "AKIAOTHER00000000000")
    theirs.create_database(DatabaseInput={"Name": "theirs"})
    seen = {
        region: [d["Name"] for d in aws.client("glue", region=region).get_databases()["DatabaseList"]]
        for region in ("us-east-1", "eu-west-1", "sa-east-1")
    }
    assert seen == {"us-east-1": ["us-east-1"], "eu-west-1": ["eu-west-1"], "sa-east-1": []}
    assert [d["CatalogId"] for d in theirs.get_databases()["DatabaseList"]] == [OTHER]


def test_another_catalog_is_refused_until_it_is_granted(aws: Emulator) -> None:
    aws.settings(Settings(accounts=ACCOUNTS, tables=(ExtraTable("d", {"Name": "t"}, catalog_id=OTHER),)))
    glue = aws.client("glue")
    create = {"CatalogId": OTHER, "DatabaseInput": {"Name": "n"}}
    assert refused(glue.get_databases, CatalogId=OTHER) == "AccessDeniedException"
    assert refused(glue.get_tables, CatalogId=OTHER, DatabaseName="d") == "AccessDeniedException"
    assert refused(glue.create_database, **create) == "AccessDeniedException"
    aws.add(grants=[Grant(OTHER, DEFAULT_ACCOUNT)])
    glue.create_database(**create)
    assert [d["Name"] for d in glue.get_databases(CatalogId=OTHER)["DatabaseList"]] == ["d", "n"]
    assert names(glue, CatalogId=OTHER, DatabaseName="d") == ["t"]
    assert glue.get_databases()["DatabaseList"] == []


def test_shared_databases_are_listed_where_they_are_asked_for(aws: Emulator) -> None:
    federated: dict[str, Any] = {"Name": "fed", "FederatedDatabase": {"Identifier": "x", "ConnectionName": "c"}}
    aws.settings(
        Settings(
            accounts=ACCOUNTS,
            databases=(
                ExtraDatabase({"Name": "own"}),
                ExtraDatabase(federated),
                ExtraDatabase({"Name": "open"}, catalog_id=OTHER),
                ExtraDatabase({"Name": "closed"}, catalog_id=OTHER),
                ExtraDatabase({"Name": "open"}, catalog_id=THIRD),
            ),
            shares=(Share(OTHER, DEFAULT_ACCOUNT, database="op*"), Share(THIRD, OTHER)),
        )
    )
    glue = aws.client("glue")

    def listed(**parameters: str) -> list[tuple[str, str]]:
        return [(d["CatalogId"], d["Name"]) for d in glue.get_databases(**parameters)["DatabaseList"]]

    own = [(DEFAULT_ACCOUNT, "fed"), (DEFAULT_ACCOUNT, "own")]
    assert listed() == own
    assert listed(ResourceShareType="FOREIGN") == [(OTHER, "open")]
    assert listed(ResourceShareType="ALL") == [*own, (OTHER, "open")]
    assert listed(ResourceShareType="FEDERATED") == [(DEFAULT_ACCOUNT, "fed")]
    assert listed(CatalogId=OTHER) == [(OTHER, "open")]
    assert glue.get_database(CatalogId=OTHER, Name="open")["Database"]["CatalogId"] == OTHER
    assert refused(glue.get_tables, CatalogId=OTHER, DatabaseName="closed") == "AccessDeniedException"
    assert refused(glue.get_databases, CatalogId=THIRD) == "AccessDeniedException"


def test_the_tables_of_a_database_link_are_those_of_its_target(aws: Emulator) -> None:
    link = {"CatalogId": OTHER, "DatabaseName": "theirs", "Region": "eu-west-1"}
    aws.settings(
        Settings(
            databases=(ExtraDatabase({"Name": "link", "TargetDatabase": link}),),
            tables=(ExtraTable("theirs", {"Name": "t"}, catalog_id=OTHER, region="eu-west-1"),),
        )
    )
    glue = aws.client("glue")
    assert refused(glue.get_tables, DatabaseName="link") == "AccessDeniedException"
    aws.add(shares=[Share(OTHER, DEFAULT_ACCOUNT)])
    (table,) = glue.get_tables(DatabaseName="link")["TableList"]
    assert (table["CatalogId"], table["DatabaseName"], table["Name"]) == (OTHER, "theirs", "t")
    assert glue.get_table(DatabaseName="link", Name="t")["Table"]["CatalogId"] == OTHER


def test_a_nested_catalog_is_reached_by_its_id(aws: Emulator) -> None:
    nested = f"{DEFAULT_ACCOUNT}:s3tablescatalog/bucket"
    aws.settings(Settings(seeds=(Seed((SeedDatabases(tables=1),), catalog_id=nested),)))
    glue = aws.client("glue")
    assert glue.get_databases()["DatabaseList"] == []
    (table,) = glue.get_tables(CatalogId=nested, DatabaseName="db_000000")["TableList"]
    assert table["CatalogId"] == nested


def test_lake_formation_leaves_out_without_a_word(aws: Emulator) -> None:
    columns = [{"Name": "id", "Type": "int"}, {"Name": "ssn", "Type": "string"}]
    tables = [
        ExtraTable("d", {"Name": name, "StorageDescriptor": {"Columns": columns}, "PartitionKeys": columns})
        for name in ("open", "secret_a", "secret_b")
    ]
    rule = LakeFormation(account=OTHER, tables=("secret_*",), columns=("ssn",), registered=True)
    aws.settings(
        Settings(
            accounts=ACCOUNTS,
            tables=tuple(tables),
            lake_formation=(rule,),
            grants=(Grant(DEFAULT_ACCOUNT, OTHER),),
            page_size=1,
        )
    )
    assert names(aws.client("glue"), DatabaseName="d") == ["open", "secret_a", "secret_b"]
    theirs = aws.client("glue", "AKIAOTHER00000000000")
    where = {"CatalogId": DEFAULT_ACCOUNT, "DatabaseName": "d"}
    pages = list(theirs.get_paginator("get_tables").paginate(**where))
    assert [[table["Name"] for table in page["TableList"]] for page in pages] == [["open"], [], []]
    (table,) = pages[0]["TableList"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["id"]
    assert [column["Name"] for column in table["PartitionKeys"]] == ["id"]
    assert table["IsRegisteredWithLakeFormation"] is True
    assert refused(theirs.get_table, **where, Name="secret_a") == "AccessDeniedException"
    aws.change(lake_formation=[msgspec.structs.replace(rule, refusal="EntityNotFoundException")])
    assert refused(theirs.get_table, **where, Name="secret_a") == "EntityNotFoundException"


def test_a_database_without_grants_looks_as_if_it_were_not_there(aws: Emulator) -> None:
    hidden = LakeFormation(database="db_000001", hide_database=True, principal="*:user/emulator")
    aws.settings(Settings(seeds=(Seed((SeedDatabases(count=3, tables=1),)),), lake_formation=(hidden,)))
    glue = aws.client("glue")
    assert [d["Name"] for d in glue.get_databases()["DatabaseList"]] == ["db_000000", "db_000002"]
    assert refused(glue.get_database, Name="db_000001") == "AccessDeniedException"
    assert refused(glue.get_tables, DatabaseName="db_000001") == "AccessDeniedException"


def test_raw_records_come_as_the_bytes_that_were_given(aws: Emulator) -> None:
    bodies = [
        b'{"Name":"../../etc/passwd","DatabaseName":"d"}',
        b'{"Name":"sur\\ud800rogate"}',
        b'{"Name":7,"StorageDescriptor":[]}',
        b'{"NoName":true}',
        b'{"Name":"big","Parameters":{"p":"' + b"x" * 1_000_000 + b'"}}',
        b'{"Name":"bad utf-8 \xff\x00"}',
    ]
    aws.settings(
        Settings(
            raw_tables=tuple(RawTable("d", body) for body in bodies),
            raw_databases=(RawDatabase(b'{"Name":"d","Odd":1}'),),
            tables=(ExtraTable("d", {"Name": "sane"}),),
        )
    )
    import urllib.request

    scope = "AWS4-HMAC-SHA256 Credential=AKIAEMULATEDKEY00000/20260101/us-east-1/glue/aws4_request, Signature=0"
    request = urllib.request.Request(
        aws.url,
        data=b'{"DatabaseName":"d"}',
        headers={"Authorization": scope, "X-Amz-Target": "AWSGlue.GetTables"},
    )
    with urllib.request.urlopen(request) as response:
        page = response.read()
    assert page.endswith(b",".join(bodies) + b"]}")
    glue = aws.client("glue")
    assert glue.get_databases()["DatabaseList"][0]["Name"] == "d"
    assert glue.get_table(DatabaseName="d", Name="../../etc/passwd")["Table"]["Name"] == "../../etc/passwd"


def test_a_record_that_the_model_forbids_is_told(aws: Emulator, server: Emulator) -> None:
    glue = aws.client("glue", config=_once())
    wrong: list[dict[str, object]] = [{"Bogus": 1}, {"Retention": "long"}, {"TableType": None}]
    for fields in wrong:
        server.settings(Settings(tables=(ExtraTable("d", {"Name": "t", **fields}),)))
        assert refused(glue.get_tables, DatabaseName="d") == "InternalFailure"
    assert [problem.partition(" ")[2] for problem in server.invalid()] == [
        "has no member Bogus",
        "is str, not integer",
        "is NoneType, not string",
    ]
    server.reset()


def _once() -> Any:
    from botocore.config import Config

    return Config(retries={"total_max_attempts": 1})
