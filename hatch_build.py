"""Compiles the core while a wheel is made, with what `gluepot.core.build` finds, and names the machines it runs on."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

if TYPE_CHECKING:
    from types import ModuleType

CORE = Path(__file__).parent / "src" / "gluepot" / "core"


def of_core(name: str) -> ModuleType:
    """Load a module of the core by its file: nothing that gluepot takes is installed while it is built."""
    spec = importlib.util.spec_from_file_location(f"core_{name}", CORE / f"{name}.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(name)
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


class CoreHook(BuildHookInterface[Any]):
    """Compiles the core in its folder, and again only what has changed."""

    def dependencies(self) -> list[str]:
        """Ask for zig's compiler where the machine has none."""
        needed: list[str] = of_core("build").needed()
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's
        """Compile, and give the wheel its tag: Python 3.11's stable ABI, and the oldest platform that runs it."""
        build = of_core("build")
        try:
            made = build.build()
        except build.BuildError as error:
            raise SystemExit(f"gluepot's core: {error}") from None
        platform = of_core("machines").platform([path.read_bytes() for path in made]) or next(platform_tags())
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{platform}"
        build_data["artifacts"] += [f"src/gluepot/core/{path.name}" for path in made]
