"""Everything that the catalogs hold is in the extracts, once: regions, accounts, catalogs, pages, sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.collecting import REGION, column, database, table

from gluepot_sandbox.aws import (
    DEFAULT_ACCOUNT,
    ExtraTable,
    Fault,
    FaultKind,
    Grant,
    Role,
    Seed,
    SeedDatabases,
    Settings,
)

if TYPE_CHECKING:
    from tests.support.collecting import Collector

    from gluepot_sandbox.aws import Emulator

OTHER = "222222222222"
ARN = f"arn:aws:glue:{REGION}:{DEFAULT_ACCOUNT}"


def seeded(databases: int, tables: int, columns: int = 2) -> set[str]:
    """List the ids of everything in a seed's databases."""
    found = set()
    for i in range(databases):
        found.add(f"{ARN}:database/db_{i:06d}")
        for j in range(tables):
            name = f"{ARN}:table/db_{i:06d}/table_{j:07d}"
            found.add(name)
    del columns
    return found


def ids(rows: list[dict[str, str]]) -> list[str]:
    """List the ids of all but columns."""
    return [row["OBJECT_ID"] for row in rows if row["OBJECT_TYPE"] != "COLUMN"]


@pytest.mark.parametrize("apart", [False, True], ids=["threads", "process"])
def test_every_table_of_every_page_is_written_once(aws: Emulator, run: Collector, *, apart: bool) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=7, tables=230, columns=2),))])
    found = run(apart=apart)
    assert found.collected.complete
    assert sorted(ids(found.metadata)) == sorted(seeded(7, 230))
    assert len(found.metadata) == 7 + 7 * 230 * 5
    assert found.manifest.counts["tables_read"] == 7 * 230
    found.verify()


def test_five_thousand_tables_of_one_database_are_written_once(aws: Emulator, run: Collector) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=1, tables=5_000, columns=1),))])
    found = run(apart=True)
    assert sorted(ids(found.metadata)) == sorted(seeded(1, 5_000))
    found.verify()


def test_small_and_empty_pages_with_a_token_are_not_the_end(aws: Emulator, run: Collector) -> None:
    faults = [Fault(FaultKind.EMPTY_PAGE, operation="GetTables", every=3), Fault(FaultKind.EMPTY_PAGE, every=4)]
    aws.settings(Settings(page_size=7, faults=tuple(faults), seeds=(Seed((SeedDatabases(count=9, tables=45),)),)))
    found = run()
    assert sorted(ids(found.metadata)) == sorted(seeded(9, 45))


def test_databases_are_listed_page_by_page(aws: Emulator, run: Collector) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=250, tables=1, columns=1),))])
    found = run()
    assert found.manifest.regions[0].databases == 250
    assert sorted(ids(found.metadata)) == sorted(seeded(250, 1))


def test_each_region_is_read_with_its_own_identities(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("here"), table("there", region="eu-west-1")])
    found = run(regions=[REGION, "eu-west-1"])
    assert {row["OBJECT_ID"] for row in found.metadata if row["OBJECT_TYPE"] == "TABLE"} == {
        f"{ARN}:table/sales/here",
        f"arn:aws:glue:eu-west-1:{DEFAULT_ACCOUNT}:table/sales/there",
    }
    assert found.row("there")["PATH"] == f"{DEFAULT_ACCOUNT}_glue.eu-west-1.sales.there"
    found.verify()


def test_a_chinese_region_has_its_own_partition(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t", region="cn-north-1")])
    found = run(regions=["cn-north-1"])
    assert found.row("t")["OBJECT_ID"] == f"arn:aws-cn:glue:cn-north-1:{DEFAULT_ACCOUNT}:table/sales/t"


def test_each_account_is_read_through_its_role_into_a_folder_of_its_own(aws: Emulator, run: Collector) -> None:
    role = f"arn:aws:iam::{OTHER}:role/reader"
    aws.add(roles=[Role(role)], tables=[table("mine"), table("theirs", at=OTHER)])
    found = run(accounts=[{"server": "mine_glue"}, {"server": "other_glue", "role": role}])
    assert {row["NAME"] for row in found.rows("METADATA", "mine_glue")} == {"sales", "mine", "id"}
    assert {row["NAME"] for row in found.rows("METADATA", "other_glue")} == {"sales", "theirs", "id"}
    assert (run.output / "mine_glue").is_dir()
    assert (run.output / "other_glue").is_dir()
    assert not list(run.output.glob("*.csv"))
    assert found.row("theirs")["OBJECT_ID"] == f"arn:aws:glue:{REGION}:{OTHER}:table/sales/theirs"
    found.verify()


def test_the_catalog_of_another_account_is_read_by_its_catalog_id(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("theirs", at=OTHER)], grants=[Grant(OTHER, DEFAULT_ACCOUNT)])
    found = run(catalogId=OTHER)
    assert found.row("theirs")["OBJECT_ID"] == f"arn:aws:glue:{REGION}:{OTHER}:table/sales/theirs"
    assert found.collected.complete


def test_a_nested_catalog_stands_in_the_ids(aws: Emulator, run: Collector) -> None:
    nested = f"{DEFAULT_ACCOUNT}:s3tablescatalog/bucket"
    aws.add(databases=[database("space", at=nested)], tables=[table("t", database="space", at=nested)])
    found = run(catalogId=nested)
    assert found.row("t")["OBJECT_ID"] == f"{ARN}:table/s3tablescatalog/bucket/space/t"
    assert found.row("t")["PARENT_ID"] == found.row("space", "DATABASE")["OBJECT_ID"]
    assert found.manifest.regions[0].catalog == "s3tablescatalog/bucket"


def test_a_nested_catalog_that_is_not_configured_is_named(aws: Emulator, run: Collector) -> None:
    nested = [f"{DEFAULT_ACCOUNT}:s3tablescatalog/{name}" for name in ("here", "there")]
    aws.add(tables=[table("t"), *(table("t", at=at) for at in nested)])
    found = run(accounts=[{"server": "root"}, {"server": "here", "catalogId": nested[0]}])
    (warned,) = [one for _, manifest in found.collected.manifests for one in manifest.warnings]
    assert warned.where == f"{DEFAULT_ACCOUNT} in {REGION}"
    assert warned.message.startswith(f"1 nested catalog not configured, and not read: {nested[1]}. ")
    assert found.collected.complete


def test_where_nested_catalogs_may_not_be_asked_for_that_is_said(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("t")], faults=[Fault(FaultKind.DENIED, operation="GetCatalogs")])
    found = run()
    (warned,) = found.manifest.warnings
    assert warned.where == f"{DEFAULT_ACCOUNT} in {REGION}"
    assert warned.message.startswith("whether there are nested catalogs is not known: ")
    assert "Allow glue:GetCatalogs" in warned.message
    assert found.collected.complete


def test_root_and_nested_catalog_of_one_account_may_hold_the_same_names(aws: Emulator, run: Collector) -> None:
    nested = f"{DEFAULT_ACCOUNT}:s3tablescatalog/bucket"
    aws.add(tables=[table("t"), table("t", at=nested)])
    accounts = [{"server": "root"}, {"server": "nested", "catalogId": nested}]
    found = run(accounts=accounts)
    assert {row["OBJECT_ID"] for row in found.metadata if row["OBJECT_TYPE"] == "TABLE"} == {
        f"{ARN}:table/sales/t",
        f"{ARN}:table/s3tablescatalog/bucket/sales/t",
    }
    assert run(accounts=accounts).metadata == []


def test_columns_are_numbered_through_with_the_partition_keys_last(aws: Emulator, run: Collector) -> None:
    columns = [column("b", "int", Comment='say "hi" | \n'), column("a", "struct<x:int,y:array<string>>")]
    aws.add(tables=[table("t", *columns, PartitionKeys=[column("day", "date")], Owner="me", Description="d")])
    found = run()
    rows = [row for row in found.metadata if row["OBJECT_TYPE"] == "COLUMN"]
    assert [(r["NAME"], r["DATA_TYPE"], r["ORDINAL_POSITION"], r["IS_PARTITION_KEY"]) for r in rows] == [
        ("b", "int", "1", "N"),
        ("a", "struct<x:int,y:array<string>>", "2", "N"),
        ("day", "date", "3", "Y"),
    ]
    assert rows[0]["DESCRIPTION"] == 'say "hi" | \n'
    assert {row["PARENT_ID"] for row in rows} == {found.row("t")["OBJECT_ID"]}
    assert (found.row("t")["OWNER"], found.row("t")["LOCATION"]) == ("me", "s3://lake/sales/t/")
    assert found.row("t")["PARENT_ID"] == found.row("sales", "DATABASE")["OBJECT_ID"]


def test_filters_leave_out_databases_and_tables(aws: Emulator, run: Collector) -> None:
    aws.add(tables=[table("orders"), table("tmp_orders"), table("orders", database="scratch")])
    found = run(databases={"exclude": ["scratch"]}, tables={"exclude": ["tmp_*"]})
    assert found.names("DATABASE") == ["sales"]
    assert found.names("TABLE") == ["orders"]


def test_an_empty_catalog_is_an_answer(aws: Emulator, run: Collector) -> None:
    found = run()
    assert found.collected.complete
    assert found.metadata == []
    assert [entry.family for entry in found.manifest.files] == ["METADATA"]
    assert aws.calls("GetDatabases")


def test_a_database_without_tables_is_one_row(aws: Emulator, run: Collector) -> None:
    aws.add(databases=[database("bare", Description="nothing", LocationUri="s3://lake/bare/")])
    (row,) = run().metadata
    assert (row["NAME"], row["DESCRIPTION"], row["LOCATION"]) == ("bare", "nothing", "s3://lake/bare/")


def test_a_table_listed_twice_is_written_once_with_a_warning(aws: Emulator, run: Collector) -> None:
    aws.add(seeds=[Seed((SeedDatabases(count=1, tables=130, columns=1),))])
    aws.add(tables=[ExtraTable("db_000000", dict(table("table_0000120").record))])
    found = run()
    assert found.names("TABLE").count("table_0000120") == 1
    assert any("listed twice" in one.message for one in found.manifest.warnings)
    found.verify()
