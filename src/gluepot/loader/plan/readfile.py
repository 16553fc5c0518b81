"""Reading a plan file: parsed, checked, everything wrong with it said at once; and its schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gluepot.config.describe import schema_of
from gluepot.config.load import checked, read_text
from gluepot.config.parse import parse
from gluepot.config.reading import Reading
from gluepot.loader.core.planfile import PlanFile
from gluepot.loader.plan.plancheck import check

if TYPE_CHECKING:
    from collections.abc import Mapping

STARTER: Final = "gluepot load init"
"""The command that writes a plan file to begin with."""


HINT: Final = "see: gluepot load schema"


def read(path: Path | str, *, environ: Mapping[str, str] | None = None) -> PlanFile:
    """Read and check a plan file; the suffix says whether it is TOML, JSON or YAML.

    Args:
        path: The file.
        environ: Where `env:` references are looked up when a secret is used; `os.environ` when not given.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; all problems are named at once.
    """
    text = read_text(Path(path), STARTER)
    return checked(PlanFile, check, parse(Path(path), text, STARTER), Reading(str(path), text, environ, HINT))


def from_mapping(mapping: Mapping[str, Any], source: str = "arguments") -> PlanFile:
    """Check a plan that is a mapping already.

    Raises:
        ConfigError: Something in it is wrong; all problems are named at once.
    """
    return checked(PlanFile, check, mapping, Reading(source, hint=HINT))


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a plan file, with a description for every key."""
    return schema_of(PlanFile, "gluepot load", "The plan file of gluepot load.")
