"""Where a compiled core runs is read from its files, and a plan for Glue without one for Glue's machines is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gluepot
from gluepot.core import machines

SOURCES = Path(gluepot.__file__).parent
NEWER = b"\0GLIBC_2.39\0"
"""Behind a library's end: the loader does not look there, and whoever reads its strings takes it for a newer glibc."""

ASK = """
from gluepot.cassandra.cql import CqlType, Column, Table
from gluepot.errors import ConfigError
from gluepot.loader.gluejob import wheel
from gluepot.loader.plan import planning, readfile
from gluepot.core import hashes

source = {"keyspace": "k", "contact_points": ["127.0.0.1"]}
target = {"database": "d", "location": "s3://bucket/w", "region": "eu-west-1"}
for engine in ("local", "glue"):
    file = readfile.from_mapping({"engine": engine, "source": source, "target": target}, "plan")
    print(engine, [one.what for one in planning.plan(file, "c", (), {}, {}).refusals if "core" in one.what])
try:
    wheel.wheel()
except ConfigError as error:
    print(error.what, "|", error.hint)
print(hex(hashes.xxh64(b"abc")))
"""


def library(machine: int, *versions: str) -> bytes:
    """Write what is looked at of a Linux library: the header, and the strings."""
    names = b"\0".join([b"", b"libc.so.6", *(f"GLIBC_{one}".encode() for one in versions), b""])
    return b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + machine.to_bytes(2, "little") + bytes(44) + names


@pytest.mark.parametrize(
    ("body", "name", "runs"),
    [
        (library(62, "2.2.5", "2.14"), "manylinux_2_17_x86_64", True),
        (library(62, "2.34"), "manylinux_2_34_x86_64", True),
        (library(62, "2.2.5", "2.38"), "manylinux_2_38_x86_64", False),
        (library(183, "2.17"), "manylinux_2_17_aarch64", False),
        (library(62).replace(b"libc.so.6", b"libc.musl"), "", False),
        (b"\xcf\xfa\xed\xfe" + bytes(80), "", False),
        (b"", "", False),
    ],
    ids=["old glibc", "glibc of Glue", "newer glibc", "arm", "musl", "macOS", "nothing"],
)
def test_a_platform_is_what_the_files_say(body: bytes, name: str, runs: bool) -> None:  # noqa: FBT001 - a parameter
    assert machines.platform([body]) == name
    assert machines.platform([body, library(62)]) == (name if "x86_64" in name else "")
    assert machines.runs_in_glue([body]) is runs


def test_the_core_for_glue_is_this_machines_or_the_one_made_ahead_of_these_sources(tmp_path: Path) -> None:
    own, ahead = tmp_path / "own", tmp_path / "ahead"
    for folder, body in ((own, library(183)), (ahead, library(62))):
        folder.mkdir()
        (folder / "cells.abi3.so").write_bytes(body)
    assert machines.for_glue(own, ahead) == {}  # of which sources it is, nobody knows
    (ahead / machines.SOURCES).write_text("0" * 64)
    assert machines.for_glue(own, ahead) == {}
    (ahead / machines.SOURCES).write_text(machines.sources())
    assert machines.for_glue(own, ahead) == {"cells.abi3.so": library(62)}
    (own / "cells.abi3.so").write_bytes(library(62, "2.17"))
    assert machines.for_glue(own, ahead) == {"cells.abi3.so": library(62, "2.17")}


def test_a_plan_for_glue_is_refused_where_the_core_does_not_run_there(tmp_path: Path) -> None:
    shutil.copytree(SOURCES, tmp_path / "gluepot", ignore=shutil.ignore_patterns("__pycache__", "ahead"))
    for path in (tmp_path / "gluepot" / "core").glob("*.so"):
        path.write_bytes(path.read_bytes() + NEWER)
    done = subprocess.run(
        [sys.executable, "-c", ASK], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    local, glue, wheel, hashed = done.stdout.splitlines() or [done.stderr]
    assert local == "local []"
    assert "core on this machine does not run in AWS Glue" in glue
    assert wheel.endswith("&& python -m gluepot.core.build")
    assert hashed == "0x44bc2cf5ad770999"
