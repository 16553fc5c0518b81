"""The plan file's JSON Schema, for editors and for `gluepot load schema`."""

from __future__ import annotations

from typing import Any

import msgspec

from gluepot.loading.planfile import PlanFile
from gluepot.secret import Secret, mask_secrets

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "The plan file of gluepot load."


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a plan file, with a description for every key."""
    (_, components) = msgspec.json.schema_components((PlanFile,), schema_hook=_describe_secret)
    definitions = {name: part for name, part in components.items() if name != "PlanFile"}
    plain: dict[str, Any] = msgspec.to_builtins(
        {
            "$schema": DIALECT,
            **components["PlanFile"],
            "title": "gluepot load",
            "description": TITLE,
            "$defs": definitions,
        },
        enc_hook=mask_secrets,
    )
    return plain


def _describe_secret(kind: type) -> dict[str, Any]:
    """Describe a secret as the text that a file holds.

    Raises:
        NotImplementedError: Another type came; msgspec asks hooks to answer so.
    """
    if kind is Secret:
        return {"type": "string", "format": "password"}
    raise NotImplementedError(f"no schema for {kind.__name__}")
