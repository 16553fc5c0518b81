"""Compiles the core: Cython writes C, and the C compiler that is there, or zig's, makes an extension of each file.

    python -m gluepot.core.build         # the core of jobs of AWS Glue, ahead, where this machine's does not run there
    python -m gluepot.core.build here    # this machine's, in a checkout; tools/setup does it

`hatch_build.py` loads it by its file for `pip install`, when no other module of gluepot is there yet. Extensions keep
to CPython's stable ABI, so that one build serves every version from 3.11 on; headers of any of them will do. Nothing is
compiled again while neither its source nor the compilers have changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

CORE: Final = Path(__file__).parent
SUFFIX: Final = ".abi3.so"
SHARED: Final = "_shared"
"""Cython's own code for views of buffers, compiled once for all modules."""

STABLE: Final = "0x030B0000"
"""The stable ABI of Python 3.11, the oldest that has buffers in it."""

PINNED: Final = "ziglang>=0.17,<0.18"
TARGET: Final = "x86_64-linux-gnu.2.17"
STAMP: Final = ".compiled"
DIRECTIVES: Final = (
    "boundscheck=True",
    "wraparound=False",
    "initializedcheck=False",
    "cdivision=True",
    "show_performance_hints=False",
)
FLAGS: Final = ("-O3", "-fPIC", "-fwrapv", "-fvisibility=hidden", "-g0", "-w")
QUICK: Final = ("-O1",)
"""Nothing that is shared is called for each value: it need not be fast, but compiled soon."""

SAID: Final = 20
"""Lines of what a compiler said that are told."""


class BuildError(Exception):
    """The core cannot be compiled here: what is missing, and what to do."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler, and how it is told to make an extension.

    Args:
        command: How it is started.
        flags: What it is told beside `FLAGS`.
    """

    command: tuple[str, ...]
    flags: tuple[str, ...]

    def version(self) -> str:
        """Give what tells it from other versions of itself."""
        return _run([*self.command, "--version"])


def found() -> tuple[str, ...]:
    """Give the command of the C compiler that is there: `$CC`, cc, gcc or clang; empty where none is."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        words = name.split()
        if words and shutil.which(words[0]):
            return tuple(words)
    return ()


def needed() -> list[str]:
    """Name what a build has to have from the package index beside Cython: zig's compiler, where there is none."""
    return [] if found() else [PINNED]


def here() -> Compiler:
    """Choose the compiler for this machine.

    Raises:
        BuildError: There is none.
    """
    links = ("-bundle", "-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-shared",)
    if found():
        return Compiler(found(), links)
    on_linux = sys.platform == "linux" and "musl" not in (sysconfig.get_config_var("HOST_GNU_TYPE") or "")
    target = ("-target", f"{os.uname().machine}-linux-gnu.2.17") if on_linux else ()
    return Compiler(_zig(), (*target, *links))


def for_glue() -> Compiler:
    """Give the compiler for jobs of Glue: zig's, which compiles for every machine on each.

    Raises:
        BuildError: It is not installed.
    """
    return Compiler(_zig(), ("-target", TARGET, "-shared"))


def _zig() -> tuple[str, ...]:
    if importlib.util.find_spec("ziglang") is None:
        raise BuildError(f'there is no C compiler for this: install gcc or clang, or: pip install "{PINNED}"')
    return (sys.executable, "-P", "-m", "ziglang", "cc")


def modules(sources: Path = CORE) -> list[str]:
    """Name the modules of the core."""
    return [*sorted(path.stem for path in sources.glob("*.pyx")), SHARED]


def build(into: Path = CORE, compiler: Compiler | None = None, sources: Path = CORE) -> list[Path]:
    """Compile every module, unless that was done; give the extensions.

    Args:
        into: The folder for them.
        compiler: What compiles; that of this machine where nothing is said.
        sources: The folder of the Cython files, within a folder `gluepot/core`.

    Raises:
        BuildError: Something is missing, or does not compile.
    """
    compiler = compiler or here()
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise BuildError("the core keeps to the stable ABI, which this Python without a lock does not have")
    made = [into / f"{name}{SUFFIX}" for name in modules(sources)]
    stamps = _stamps(compiler, sources)
    done = _done(into)
    todo = [name for name, stamp in stamps.items() if done.get(name) != stamp]
    if todo:
        into.mkdir(exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=".compiling-", dir=into) as folder,
            ThreadPoolExecutor(_cores()) as pool,
        ):
            list(pool.map(lambda name: _compile(name, Path(folder), compiler, sources), todo))
            for name in todo:  # a process that has the old one keeps it
                (Path(folder) / f"{name}{SUFFIX}").replace(into / f"{name}{SUFFIX}")
        (into / STAMP).write_text("".join(f"{name} {stamp}\n" for name, stamp in stamps.items()), encoding="ascii")
    return made


def _done(into: Path) -> dict[str, str]:
    """Say of which state each extension is that is there."""
    written = into / STAMP
    lines = written.read_text(encoding="ascii").splitlines() if written.is_file() else []
    said = [line.partition(" ") for line in lines]
    return {name: stamp for name, _, stamp in said if (into / f"{name}{SUFFIX}").is_file()}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _stamps(compiler: Compiler, sources: Path) -> dict[str, str]:
    """Tell this state of each module and of the compilers from every other; the slowest comes first."""
    try:
        cython = importlib.metadata.version("cython")
    except importlib.metadata.PackageNotFoundError:
        raise BuildError("there is no Cython: pip install cython") from None
    said = [cython, compiler.version(), *compiler.flags, *FLAGS, *DIRECTIVES, STABLE]
    shared = b"\0".join([one.encode() for one in said] + [path.read_bytes() for path in sorted(sources.glob("*.pxd"))])
    return {
        SHARED: hashlib.sha256("\0".join([*said, *QUICK]).encode()).hexdigest(),
        **{path.stem: hashlib.sha256(shared + path.read_bytes()).hexdigest() for path in sorted(sources.glob("*.pyx"))},
    }


def _compile(name: str, folder: Path, compiler: Compiler, sources: Path) -> None:
    written = folder / f"{name}.c"
    cython = [sys.executable, "-P", "-m", "cython", "-3", "--no-docstrings"]
    quick = QUICK if name == SHARED else ()
    if name == SHARED:
        # what is generated is named by its place
        place = folder / "gluepot" / "core"
        place.mkdir(parents=True)
        for package in (place, place.parent):
            (package / "__init__.py").touch()
        _run([*cython, f"--generate-shared={place / written.name}"])
        (place / written.name).replace(written)
    else:
        asked = [word for one in DIRECTIVES for word in ("-X", one)]
        named = (f"--shared=gluepot.core.{SHARED}", "--module-name", f"gluepot.core.{name}")
        _run([*cython, *asked, *named, "-I", str(sources.parents[1]), str(sources / f"{name}.pyx"), "-o", str(written)])
    paths = dict.fromkeys((sysconfig.get_path("include"), sysconfig.get_path("platinclude")))
    if not any(Path(path, "Python.h").is_file() for path in paths):
        why = f"Python.h is not on this machine ({sysconfig.get_path('include')})"
        raise BuildError(f"{why}: install Python's headers, for example apt-get install python3-dev")
    headers = [f"-I{path}" for path in paths]
    out = ["-o", str(folder / f"{name}{SUFFIX}")]
    _run(
        [*compiler.command, *FLAGS, *quick, f"-DPy_LIMITED_API={STABLE}", *headers, str(written), *compiler.flags, *out]
    )


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a compiler
    if done.returncode:
        said = (done.stderr or done.stdout).splitlines()[-SAID:]
        raise BuildError("\n".join([f"{' '.join(command[:4])} ... failed:", *said]))
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """Compile the core for jobs of Glue, or `here` for this machine."""
    try:
        made = build() if list(arguments) == ["here"] else _ahead()
    except (BuildError, OSError) as error:
        sys.stderr.write(f"error: the core could not be compiled: {error}\n")
        return 1
    sys.stdout.write(f"compiled {len(made)} modules into {made[0].parent}\n")
    return 0


def _ahead() -> list[Path]:
    from gluepot.core import machines  # noqa: PLC0415 - not there while gluepot is installed

    made = build(machines.AHEAD, for_glue())
    (machines.AHEAD / machines.SOURCES).write_text(machines.sources(), encoding="ascii")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
