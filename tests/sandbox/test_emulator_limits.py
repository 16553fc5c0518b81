"""The emulated Glue is no kinder than Glue: it refuses what botocore's model forbids, and folds names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gluepot_sandbox.aws import validation
from gluepot_sandbox.aws.patterns import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot_sandbox.aws import Emulator

BEYOND = "\U0001f3ac"


@pytest.fixture
def glue(server: Emulator) -> Iterator[Any]:
    server.reset()
    client = server.client("glue")
    client.create_database(DatabaseInput={"Name": "shop"})
    yield client
    assert server.invalid() == []


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def table(name: str = "orders", columns: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    return {"Name": name, "StorageDescriptor": {"Columns": columns or [{"Name": "a", "Type": "int"}]}, **more}


@pytest.mark.parametrize(
    ("given", "where", "rule"),
    [
        (table(columns=[{"Name": "a"}, {"Name": "b", "Comment": "x" * 256}]), "columns.2.member.comment", "to 255"),
        (table(columns=[{"Name": "a", "Comment": "two\nlines"}]), "columns.1.member.comment", "pattern"),
        (table(columns=[{"Name": "a", "Comment": "a\0zero"}]), "columns.1.member.comment", "pattern"),
        (table(columns=[{"Name": "a", "Type": "x" * 131_073}]), "columns.1.member.type", "to 131072"),
        (table(columns=[{"Name": "x" * 256}]), "columns.1.member.name", "to 255"),
        (table(columns=[{"Name": "a\nb"}]), "columns.1.member.name", "pattern"),
        (table(Description="x" * 2049), "tableInput.description", "to 2048"),
        (table(Parameters={"k" * 256: "v"}), "tableInput.parameters", "to 255"),
        (table(Parameters={"k": "v" * 512_001}), "tableInput.parameters.k.member", "to 512000"),
        (table(PartitionKeys=[{"Name": "p", "Comment": "\r"}]), "partitionKeys.1.member.comment", "pattern"),
        (table(name="x" * 256), "tableInput.name", "to 255"),
        (table(ViewOriginalText="x" * 409_601), "tableInput.viewOriginalText", "to 409600"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_lengths_and_patterns_are_those_of_the_model(glue: Any, given: dict[str, Any], where: str, rule: str) -> None:
    code, message = refused(glue.create_table, DatabaseName="shop", TableInput=given)
    assert code == "ValidationException"
    assert message.startswith("1 validation error detected: Value '")
    assert f"{where}' failed to satisfy constraint: Member must" in message
    assert re.search(f"(less than or equal {rule}|{rule}: )", message)


def test_what_just_fits_is_taken(glue: Any) -> None:
    columns = [{"Name": "x" * 255, "Type": "t" * 131_072, "Comment": f"tab\t{BEYOND}é".ljust(255)}]
    glue.create_table(DatabaseName="shop", TableInput=table(columns=columns, Description="a\r\nb".ljust(2048)))
    found = glue.get_table(DatabaseName="shop", Name="orders")["Table"]
    assert found["StorageDescriptor"]["Columns"] == columns


def test_every_operation_is_held_to_the_model(server: Emulator, glue: Any) -> None:
    long = "x" * 256
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (glue.get_tables, {"DatabaseName": long}),
        (glue.get_database, {"Name": "a\nb"}),
        (glue.create_crawler, {"Name": long, "Role": "r", "Targets": {}}),
        (glue.start_job_run, {"JobName": long}),
        (
            glue.create_connection,
            {"ConnectionInput": {"Name": long, "ConnectionType": "JDBC", "ConnectionProperties": {}}},
        ),
        (glue.update_table, {"DatabaseName": "shop", "TableInput": table(Description="x" * 2049)}),
        (glue.create_partition, {"DatabaseName": "shop", "TableName": long, "PartitionInput": {}}),
        (server.client("athena").get_work_group, {"WorkGroup": "no blanks"}),
        (server.client("secretsmanager").create_secret, {"Name": "x" * 513}),
    ]
    for call, given in calls:
        assert refused(call, **given)[0] == "ValidationException"
    named = {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "x" * 65}
    assert refused(server.client("sts").assume_role, **named)[0] == "ValidationError"
    assert (
        refused(server.client("iam").create_role, RoleName="a b", AssumeRolePolicyDocument="{}")[0] == "ValidationError"
    )


@pytest.mark.parametrize("service", ["glue", "athena", "secretsmanager", "sts", "iam"])
def test_every_pattern_of_the_models_is_understood(service: str) -> None:
    known = validation.model(service)
    for name in known.shape_names:
        pattern = getattr(known.shape_for(name), "metadata", {}).get("pattern")
        assert pattern is None or compiled(pattern).flags


def test_names_of_databases_and_tables_are_folded_and_those_of_columns_are_not(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": "Media"})
    glue.create_table(DatabaseName="MEDIA", TableInput=table("Watched", [{"Name": "Show_Id", "Type": "int"}]))
    for name in ("watched", "Watched"):
        found = glue.get_table(DatabaseName="media", Name=name)["Table"]
        assert (found["DatabaseName"], found["Name"]) == ("media", "watched")
        assert found["StorageDescriptor"]["Columns"][0]["Name"] == "Show_Id"
    assert refused(glue.create_table, DatabaseName="media", TableInput=table("WATCHED"))[0] == "AlreadyExistsException"
    glue.update_table(DatabaseName="Media", TableInput=table("WATCHED", Description="new"))
    assert glue.get_table(DatabaseName="Media", Name="watched")["Table"]["Description"] == "new"
    glue.delete_table(DatabaseName="Media", Name="Watched")
    glue.delete_database(Name="MEDIA")
    assert [one["Name"] for one in glue.get_databases()["DatabaseList"]] == ["shop"]


def test_two_columns_of_one_name_are_refused_and_a_partition_key_like_a_column_is_not(glue: Any) -> None:
    twice = table(columns=[{"Name": "a"}, {"Name": "b"}, {"Name": "a"}])
    assert refused(glue.create_table, DatabaseName="shop", TableInput=twice)[0] == "InvalidInputException"
    keys = table(PartitionKeys=[{"Name": "p"}, {"Name": "p"}])
    assert refused(glue.create_table, DatabaseName="shop", TableInput=keys)[0] == "InvalidInputException"
    glue.create_table(DatabaseName="shop", TableInput=table(PartitionKeys=[{"Name": "a", "Type": "int"}]))
    assert refused(glue.update_table, DatabaseName="shop", TableInput=twice | {"Name": "orders"})[1].endswith(": a")
