"""The plan file's JSON Schema, for editors and for `gluepot load schema`."""

from __future__ import annotations

from typing import Any

from gluepot.config.describe import schema_of
from gluepot.loader.core.planfile import PlanFile


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a plan file, with a description for every key."""
    return schema_of(PlanFile, "gluepot load", "The plan file of gluepot load.")
