"""What Maven gives is taken only where it is, file by file, what was pinned."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from gluepot.errors import OutputError
from gluepot_sandbox.cassandra import artefacts

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.monkeypatch import MonkeyPatch

MAVEN = """#!/bin/sh
for argument; do case "$argument" in -DoutputDirectory=*) folder="${argument#*=}";; esac; done
mkdir -p "$folder" && printf jar > "$folder/one.jar" && printf other > "$folder/two.jar"
"""
GIVEN = {"one.jar": b"jar", "two.jar": b"other"}


@pytest.fixture
def pom(tmp_path: Path, monkeypatch: MonkeyPatch) -> Path:
    """A pom, and a Maven that gives two files for any."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "mvn").write_text(MAVEN)
    (programs / "mvn").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    (tmp_path / "pom.xml").write_text("<project/>")
    return tmp_path / "pom.xml"


def test_what_was_pinned_is_taken(pom: Path, tmp_path: Path) -> None:
    artefacts.pin(pom)
    lines = artefacts.pins_of(pom).read_text().splitlines()
    assert lines == [f"{hashlib.sha256(body).hexdigest()}  {name}" for name, body in GIVEN.items()]
    artefacts.fetch(pom, tmp_path / "lib")
    assert {path.name: path.read_bytes() for path in (tmp_path / "lib").iterdir()} == GIVEN


@pytest.mark.parametrize(
    ("pinned", "odd"),
    [
        ({**GIVEN, "one.jar": b"another"}, "one.jar"),
        ({"one.jar": b"jar"}, "two.jar"),
        ({**GIVEN, "zero.jar": b""}, "zero.jar"),
    ],
)
def test_another_file_one_too_many_or_one_too_few_is_refused_and_nothing_kept(
    pom: Path, tmp_path: Path, pinned: dict[str, bytes], odd: str
) -> None:
    lines = [f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in pinned.items()]
    artefacts.pins_of(pom).write_text("".join(lines))
    with pytest.raises(OutputError, match="cannot be taken") as caught:
        artefacts.fetch(pom, tmp_path / "lib")
    assert odd in caught.value.why
    assert not (tmp_path / "lib").exists()
