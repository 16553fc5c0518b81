"""The core is compiled by what is there, for every Python, and reads what plain Python reads, and nothing beyond."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.core import fuzzed
from tests.support.availability import not_available

from gluepot.core import build, cells, decimals, extremes, fixed, hashes, machines, numbers, texts, tokens

ROOT = Path(__file__).parents[2]
UV = ROOT / ".tools" / "uv"
ASK = "from gluepot.core import cells, hashes; print(cells.__file__, hex(hashes.xxh64(b'abc')))"
ABC = "0x44bc2cf5ad770999"
"""The published XXH64 of `abc`."""

NONE: np.ndarray = np.empty(0, np.uint8)
PAGE = np.zeros(64, np.uint8)
PLACES = np.zeros(3, np.int32)


def call(*command: str | Path, **environ: str) -> str:
    done = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def checkout(folder: Path) -> Path:
    """Copy what a build of gluepot takes, with nothing compiled."""
    left_out = shutil.ignore_patterns("__pycache__", "*.so", ".compiled", "ahead")
    shutil.copytree(ROOT / "src", folder / "src", ignore=left_out)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def interpreter(version: str) -> str:
    """Find a Python of a version: on PATH, or of pyenv."""
    places = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    works = [one for one in places if one and not subprocess.run([one, "-c", ""], capture_output=True).returncode]  # noqa: PLW1510 - that is asked
    return str(works[0]) if works else not_available(f"there is no Python {version} on this machine")


def test_broken_pages_are_read_as_plain_python_reads_them() -> None:
    draw = random.Random(os.environ.get("CI") or None)
    accepted = [fuzzed.tried(draw) for _ in range(1000)]
    assert 100 < sum(accepted) < 900


@pytest.mark.parametrize(
    "ask",
    [
        lambda: cells.of_page(PAGE, np.zeros((2, 3), np.int32), np.zeros((2, 2), np.int32)),
        lambda: cells.count_elements(PAGE, PLACES, PLACES, 1, PLACES),
        lambda: fixed.gather(PAGE, PLACES, PLACES, 8, np.zeros(23, np.uint8), np.zeros(1, np.uint8)),
        lambda: fixed.gather(PAGE, PLACES, PLACES[:2], 8, np.zeros(24, np.uint8), np.zeros(1, np.uint8)),
        lambda: fixed.booleans(PAGE, PLACES, PLACES, np.zeros(1, np.uint8), NONE),
        lambda: texts.measure(PLACES, PLACES, np.zeros(1, np.uint8)),
        lambda: texts.copy(PAGE, PLACES, np.full(3, 60, np.int32), np.arange(0, 240, 60, dtype=np.int32), PAGE),
        lambda: texts.copy(
            PAGE, np.full(1, 40, np.int32), np.full(1, 33, np.int32), np.zeros(2, np.int32), np.zeros(99, np.uint8)
        ),
        lambda: texts.is_utf8(PAGE, np.array([0, 65], np.int32)),
        lambda: texts.uuids(PAGE, PLACES, PLACES, np.zeros(4, np.int32), np.zeros(107, np.uint8)),
        lambda: numbers.varints(PAGE, PLACES, PLACES, np.zeros(5, np.uint64)),
        lambda: numbers.decimals(
            PAGE, PLACES, np.full(3, 5, np.int32), 4, np.zeros(4, np.int32), np.zeros(17, np.uint8)
        ),
        lambda: hashes.ints(PAGE, 8, NONE, 1, np.zeros(8, np.uint64)),
        lambda: hashes.ints(PAGE, 8, np.zeros(1, np.uint8), 1, np.zeros(8, np.uint64)),
        lambda: hashes.ints(PAGE, 3, NONE, 0, np.zeros(8, np.uint64)),
        lambda: hashes.floats(PAGE, 8, NONE, -1, np.zeros(8, np.uint64)),
        lambda: hashes.booleans(PAGE, NONE, 0, np.zeros(513, np.uint64)),
        lambda: hashes.texts(PAGE, np.array([0, 65], np.int32).view(np.uint8), 4, NONE, 0, np.zeros(1, np.uint64)),
        lambda: hashes.texts(PAGE, np.array([9, 8], np.int32).view(np.uint8), 4, NONE, 0, np.zeros(1, np.uint64)),
        lambda: hashes.decimals(PAGE, 39, NONE, 0, np.zeros(4, np.uint64)),
        lambda: hashes.decimals(PAGE, 2, NONE, 0, np.zeros(5, np.uint64)),
        lambda: hashes.lists(
            np.zeros(2, np.uint64), np.array([0, 3]), NONE, 0, np.zeros(3, np.uint64), np.zeros(1, np.uint64)
        ),
        lambda: hashes.lists(
            np.zeros(2, np.uint64), np.array([0, 2]), NONE, 0, np.zeros(2, np.uint64), np.zeros(1, np.uint64)
        ),
        lambda: hashes.rows(np.zeros((2, 2), np.uint64), NONE, 0, np.zeros(3, np.uint64)),
        lambda: tokens.tokens(PAGE, np.array([60]), np.array([5]), np.zeros(1, np.int64)),
        lambda: tokens.appended(np.zeros(7, np.uint8), np.array([0]), PAGE, np.array([0]), np.array([5])),
        lambda: tokens.of_varints(
            np.zeros((2, 2), np.uint64), np.zeros(31, np.uint8), np.zeros(2, np.int64), np.zeros(2, np.int64)
        ),
        lambda: decimals.parsed(
            PAGE, np.array([0, 65]), NONE, 9, 2, np.zeros((1, 2), np.uint64), np.zeros(1, np.uint8)
        ),
        lambda: extremes.of_texts(PAGE, np.array([0, 65], np.int32).view(np.uint8), 4, NONE, 0, 1),
        lambda: extremes.of_texts(PAGE, np.zeros(4, np.uint8), 4, NONE, 0, 1),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(ask) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - some call
    with pytest.raises((ValueError, IndexError)):
        ask()


@pytest.mark.long
def test_only_what_has_changed_is_compiled_again(tmp_path: Path) -> None:
    """A compiler that only counts stands in for the C compiler: what it is asked for is what would be compiled."""
    sources = checkout(tmp_path) / "src" / "gluepot" / "core"
    for path in sources.glob("*.pyx"):
        if path.stem not in {"cells", "extremes"}:
            path.unlink()
    asked = tmp_path / "asked"
    counting = tmp_path / "cc"
    counting.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exit\nfor last; do :; done\necho "${last##*/}" >>"$0.asked"; : >"$last"\n'
    )
    counting.chmod(0o755)
    asked = tmp_path / "cc.asked"
    compiler = build.Compiler((str(counting),), ())
    made = build.build(sources, compiler, sources)
    assert sorted(asked.read_text().split()) == sorted(path.name for path in made)
    assert {path.name for path in made} == {"_shared.abi3.so", "cells.abi3.so", "extremes.abi3.so"}
    asked.write_text("")
    build.build(sources, compiler, sources)
    assert asked.read_text() == ""
    (sources / "cells.pyx").write_text((sources / "cells.pyx").read_text() + "\n")
    build.build(sources, compiler, sources)
    assert asked.read_text().split() == ["cells.abi3.so"]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nothing_is_read_beyond_its_end_under_address_sanitizer(tmp_path: Path) -> None:
    if not build.found():
        not_available("there is neither gcc nor clang, whose sanitizers look at every read")
    package = tmp_path / "gluepot"
    shutil.copytree(
        ROOT / "src" / "gluepot", package, ignore=shutil.ignore_patterns("__pycache__", "*.so", ".compiled")
    )
    sanitized = (
        "-shared",
        "-O1",
        "-fno-omit-frame-pointer",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
    )
    build.build(package / "core", build.Compiler(build.found(), sanitized))
    runtime = call(*build.found(), "-print-file-name=libasan.so").strip()
    if not Path(runtime).is_file():
        not_available("the compiler has no AddressSanitizer")
    environ = {"LD_PRELOAD": runtime, "ASAN_OPTIONS": "detect_leaks=0", "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    where = call(sys.executable, "-c", ASK, **environ)
    assert where.startswith(str(tmp_path))
    said = call(sys.executable, ROOT / "tests" / "core" / "fuzzed.py", "50000", "7", **environ)
    accepted, refused = map(int, said.split())
    assert accepted + refused == 50_000
    assert accepted > 5_000


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_pip_compiles_it_with_zig_where_there_is_no_compiler(tmp_path: Path) -> None:
    if not UV.exists():
        not_available("make setup has not installed uv into .tools")
    call(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "env")
    environ = {"PATH": str(tmp_path / "env" / "bin"), "CC": "", "HOME": str(tmp_path)}
    environ |= {"UV_CACHE_DIR": call(UV, "cache", "dir").strip(), "ZIG_GLOBAL_CACHE_DIR": str(tmp_path / "zig")}
    assert not any(shutil.which(name, path=environ["PATH"]) for name in ("cc", "gcc", "clang"))
    python = tmp_path / "env" / "bin" / "python"
    install = (
        UV,
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--python",
        python,
        "--constraint",
        ROOT / "requirements.lock",
    )
    call(*install, checkout(tmp_path / "checkout"), **environ)
    where, hashed = call(python, "-c", ASK, **environ).split()
    assert Path(where).is_relative_to(tmp_path / "env")
    assert hashed == ABC
    if sys.platform == "linux" and os.uname().machine == "x86_64":  # made for old machines, whatever this one is
        assert machines.platform([Path(where).read_bytes()]) == "manylinux_2_17_x86_64"


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_each_python_compiles_it_and_loads_what_another_one_compiled(tmp_path: Path, version: str) -> None:
    call(UV, "venv", "--quiet", "--python", interpreter(version), tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    cython = re.search(r"^cython==\S+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert cython is not None
    call(UV, "pip", "install", "--quiet", "--python", python, cython[0])
    package = checkout(tmp_path) / "src" / "gluepot"
    (package / "__init__.py").write_text("")  # the core alone: nothing else is installed for it here
    call(python, package / "core" / "build.py", "here")
    for folder in (package / "core", Path(build.__file__).parent):
        for path in folder.glob("*.so"):
            shutil.copy(path, package / "core" / path.name)
        where, hashed = call(python, "-c", ASK, PYTHONPATH=str(package.parent)).split()
        assert Path(where).is_relative_to(tmp_path)
        assert hashed == ABC
