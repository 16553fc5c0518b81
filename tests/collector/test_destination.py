"""A landing is known by scheme, account, bucket and prefix: what opens it, and how it is spelt, is no difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gluepot.collector.asked import Asked
from gluepot.collector.destination import account_of, landing_at, name_of
from gluepot.config import from_mapping

HERE = Path("output")


def name(landing: dict[str, Any] | None) -> str:
    return name_of(from_mapping({"landing": landing}).landing, HERE)


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        (
            [
                {"url": "s3://b/lz/x"},
                {"url": "s3://b/lz/x/", "region": "eu-west-1"},
                {"url": "s3://b/lz/x", "key": "K", "secret": "one"},
                {"url": "s3://b/lz/x", "key": "L", "secret": "rotated", "role": "arn:aws:iam::123456789012:role/R"},
            ],
            "s3://b/lz/x",
        ),
        (
            [
                {"url": "az://c/lz", "account": "Acc", "sas": "sv=1&sig=one"},
                {"url": "az://c/lz/", "account": "acc", "account_key": "rotated"},
                {"url": "abfss://c@acc.dfs.core.windows.net/lz"},
                {"url": "https://acc.blob.core.windows.net/c/lz", "sas": "sv=1&sig=two"},
            ],
            "az://acc/c/lz",
        ),
    ],
)
def test_spellings_and_secrets_are_no_difference(spellings: list[dict[str, Any]], expected: str) -> None:
    assert {name(landing) for landing in spellings} == {expected}


@pytest.mark.parametrize(
    "other",
    [
        {"url": "s3://b/lz/y"},
        {"url": "s3://b"},
        {"url": "s3://c/lz/x"},
        {"url": "az://b/lz/x", "account": "acc"},
        {"url": "b/lz/x"},
    ],
)
def test_another_place_is_another_landing(other: dict[str, Any]) -> None:
    assert name(other) != name({"url": "s3://b/lz/x"})


def test_folders_are_named_by_their_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    whole = str(tmp_path / "lz")
    assert {name({"url": url}) for url in ("lz", "./lz/", "x/../lz", whole, f"file://{whole}")} == {whole}
    assert name(None) == str(tmp_path / "output"), "without a landing it is the folder of the files"


def test_accounts_inherit_a_folder_of_the_landing_and_own_ones_are_taken_as_they_are() -> None:
    accounts = [{"server": "a"}, {"server": "b", "landing": {"url": "s3://own/x"}}]
    config = from_mapping({"landing": {"url": "s3://lz"}, "accounts": accounts})
    found = [name_of(landing_at(config, at, server), HERE) for at, server in enumerate("ab")]
    assert found == ["s3://lz/a", "s3://own/x"]
    assert [account_of(config, server) for server in ("a", "b", "c")] == [0, 1, None]


def test_order_case_and_repetition_are_no_other_content() -> None:
    one = {"formats": ["k", "jsonl"], "databases": {"include": ["A", "b", "a"]}}
    other = {"formats": ["jsonl", "k"], "databases": {"include": ["b", "a"]}, "tables": {"include": ["*"]}}
    assert Asked.of(from_mapping(one)) == Asked.of(from_mapping(other))
    assert Asked.of(from_mapping({})).unlike(Asked()) == []
