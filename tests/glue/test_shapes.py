"""The decoded shapes: all that botocore knows, and nothing lost of what it does not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.errors import MalformedError
from gluepot.glue.digest import VOLATILE_MEMBERS, VOLATILE_PARAMETERS, digest_of_record, digest_of_wire
from gluepot.glue.shapes import (
    Bad,
    WireColumn,
    WireStorage,
    WireTable,
    database_records,
    next_token,
    table_records,
)


@pytest.mark.parametrize(
    ("struct", "shape"), [(WireTable, "Table"), (WireStorage, "StorageDescriptor"), (WireColumn, "Column")]
)
def test_the_members_are_those_of_botocores_service_model(struct: type[msgspec.Struct], shape: str) -> None:
    from botocore.session import Session

    model: Any = Session().get_service_model("glue").shape_for(shape)
    assert {field.encode_name for field in msgspec.structs.fields(struct)} == set(model.members)


def decoded(*tables: object, **more: object) -> list[Any]:
    return [record for _, record in table_records(json.dumps({"TableList": list(tables), **more}).encode())]


def test_a_plain_table_is_a_struct_and_one_with_an_unknown_member_a_dict() -> None:
    plain, future = decoded({"Name": "a"}, {"Name": "b", "Future": 1})
    assert isinstance(plain, WireTable)
    assert future == {"Name": "b", "Future": 1}


@pytest.mark.parametrize("bad", [None, 7, "x", [], {}, {"Name": ""}, {"Name": 7}])
def test_one_bad_record_costs_one_record(bad: object) -> None:
    before, found, after = decoded({"Name": "a"}, bad, {"Name": "c"})
    assert isinstance(found, Bad)
    assert (before.Name, after.Name) == ("a", "c")


@pytest.mark.parametrize("page", [b"{}", b'{"TableList":null}', b'{"TableList":{}}', b'{"TableList":7}'])
def test_a_page_without_its_list_is_malformed(page: bytes) -> None:
    with pytest.raises(MalformedError):
        list(table_records(page))
    with pytest.raises(MalformedError):
        list(database_records(page.replace(b"Table", b"Database")))


@pytest.mark.parametrize(
    ("page", "token"), [(b"{}", None), (b'{"NextToken":null}', None), (b'{"NextToken":"x"}', "x"),
                        (b'{"NextToken":"\\ud800"}', "\ud800")]
)  # fmt: skip
def test_the_token_is_found(page: bytes, token: str | None) -> None:
    assert next_token(page) == token


@pytest.mark.parametrize("page", [b'{"NextToken":7}', b"[]", b"{", b'{"NextToken":["x"]}'])
def test_a_token_that_is_no_text_is_malformed(page: bytes) -> None:
    with pytest.raises(MalformedError):
        next_token(page)


def test_lone_surrogates_come_through() -> None:
    body = b'{"TableList":[{"Name":"a\\ud800"},{"Name":"b"}]}'
    found: list[Any] = [record for _, record in table_records(body)]
    first, second = found
    assert first["Name"] == "a\ud800"
    assert (second["Name"] if isinstance(second, dict) else second.Name) == "b"


# the digest ----------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
parameters = st.dictionaries(texts | st.sampled_from(sorted(VOLATILE_PARAMETERS)), texts, max_size=4)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
column = st.fixed_dictionaries(
    {"Name": texts}, optional={"Type": texts | st.none(), "Comment": texts | st.none(), "Parameters": parameters}
)
storage = st.fixed_dictionaries(
    {},
    optional={
        "Columns": st.lists(column, max_size=3) | st.none(),
        "Location": texts,
        "Parameters": parameters | st.none(),
        "SerdeInfo": anything,
        "BucketColumns": anything,
    },
)
table = st.fixed_dictionaries(
    {"Name": texts.filter(bool)},
    optional={
        "Description": texts | st.none(),
        "UpdateTime": st.floats(0, 2e9),
        "VersionId": texts,
        "Parameters": parameters | st.none(),
        "StorageDescriptor": storage | st.none(),
        "PartitionKeys": st.lists(column, max_size=2) | st.none(),
        "ViewDefinition": anything,
        "Retention": st.integers(0, 9),
    },
)


def as_struct(record: dict[str, Any]) -> WireTable:
    return msgspec.json.decode(json.dumps(record), type=WireTable)


@given(table)
def test_struct_and_dict_hash_alike_and_the_struct_stays_as_it_was(record: dict[str, Any]) -> None:
    struct = as_struct(record)
    assert digest_of_wire(struct) == digest_of_record(record)
    assert struct == as_struct(record)


@given(table, st.floats(0, 2e9), texts, st.dictionaries(st.sampled_from(sorted(VOLATILE_PARAMETERS)), texts))
def test_what_is_volatile_changes_no_hash(
    record: dict[str, Any], moment: float, version: str, more: dict[str, str]
) -> None:
    times = dict.fromkeys(VOLATILE_MEMBERS, moment)
    changed = {**record, **times, "VersionId": version, "Parameters": {**(record.get("Parameters") or {}), **more}}
    assert digest_of_record(changed) == digest_of_record(record)
    assert digest_of_wire(as_struct(changed)) == digest_of_wire(as_struct(record))


@given(table, table)
def test_what_is_not_volatile_changes_the_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    def steady(record: dict[str, Any]) -> str:
        def clean(holder: dict[str, Any]) -> dict[str, Any]:
            kept = {k: v for k, v in (holder.get("Parameters") or {}).items() if k not in VOLATILE_PARAMETERS}
            rest = {k: v for k, v in holder.items() if k not in {*VOLATILE_MEMBERS, "Parameters"}}
            return {**rest, **({"Parameters": kept} if kept else {})}

        found = clean(record)
        if isinstance(found.get("StorageDescriptor"), dict):
            inner = record["StorageDescriptor"]
            kept = clean({k: v for k, v in inner.items() if k not in VOLATILE_MEMBERS})
            found["StorageDescriptor"] = kept
        return json.dumps(found, sort_keys=True)

    assert (steady(one) == steady(other)) == (digest_of_record(one) == digest_of_record(other))
