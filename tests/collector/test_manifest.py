"""The manifest: what is written comes back, and what cannot be trusted is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gluepot.collector.extract.manifest import (
    FORMAT,
    DatabaseEntry,
    FileEntry,
    Manifest,
    Problem,
    RegionEntry,
    Warned,
    find_manifests,
    manifest_name,
    read_manifest,
    stamp,
    write_manifest,
)
from gluepot.errors import OutputError, StateError

if TYPE_CHECKING:
    from pathlib import Path


def a_manifest(end: str = "2024-01-02 03:04:05") -> Manifest:
    return Manifest(
        version="1",
        name="glue",
        server="srv",
        start="1970-01-01 00:00:00",
        end=end,
        full=True,
        complete=False,
        files=[FileEntry(name="a.csv", family="METADATA", format="k", rows=1, bytes=2, sha256="ab")],
        regions=[RegionEntry(account="1", region="r", catalog="")],
        databases=[DatabaseEntry(account="1", region="r", catalog="", database="d\n☃", listed=2, read=1, failed=1)],
        problems=[Problem(where="d", reason="denied", message="no", action="glue:GetTables", resource="arn")],
        warnings=[Warned(where="d", message="odd")],
        redacted={"password": 2},
        counts={"tables": 1},
        seconds={"wall": 0.5},
    )


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, a_manifest())
    assert path == tmp_path / "MANIFEST_20240102030405.json"
    assert read_manifest(path) == a_manifest()
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_names_carry_the_marks_digits() -> None:
    assert stamp("2024-01-02 03:04:05") == "20240102030405"
    assert manifest_name("2024-01-02 03:04:05") == "MANIFEST_20240102030405.json"


def test_manifests_are_found_oldest_first_and_only_in_the_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "pushed").mkdir()
    for folder, year in ((tmp_path, 2025), (tmp_path, 2023), (tmp_path / "pushed", 2022)):
        write_manifest(folder, a_manifest(f"{year}-01-01 00:00:00"))
    (tmp_path / ".MANIFEST_1.json.tmp").touch()
    assert [path.name[9:13] for path in find_manifests(tmp_path)] == ["2023", "2025"]


def test_a_manifest_of_a_newer_gluepot_is_refused_whatever_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "MANIFEST_1.json"
    path.write_text(json.dumps({"format": FORMAT + 1, "files": "of another shape"}))
    with pytest.raises(StateError, match="newer gluepot") as refused:
        read_manifest(path)
    assert "upgrade" in refused.value.hint


def test_what_a_newer_gluepot_of_the_same_format_adds_is_passed_over(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, a_manifest())
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "more": {"of": "it"}}))
    assert read_manifest(path) == a_manifest()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"format": 1}',
        b'{"format": "one"}',
        b'{"format": null}',
        b"\xff\xfe",
        b'{"a": "\xff"}',
    ],
)
def test_what_is_no_manifest_says_so(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "MANIFEST_1.json"
    path.write_bytes(body)
    with pytest.raises(StateError, match="is not a manifest") as refused:
        read_manifest(path)
    assert refused.value.exit_code == 2


def test_a_manifest_that_is_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="is not a manifest"):
        read_manifest(tmp_path / "MANIFEST_1.json")


def test_a_folder_that_is_missing_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_manifest(tmp_path / "none", a_manifest())
