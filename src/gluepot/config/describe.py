"""The configuration's JSON Schema, for editors and for `gluepot config schema`."""

from __future__ import annotations

from typing import Any

import msgspec

from gluepot.config.model import Config
from gluepot.secret import Secret, mask_secrets

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "The configuration of gluepot's collector."


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a configuration file, with a description for every key."""
    (_, components) = msgspec.json.schema_components((Config,), schema_hook=_describe_secret)
    definitions = {name: part for name, part in components.items() if name != "Config"}
    plain: dict[str, Any] = msgspec.to_builtins(
        {"$schema": DIALECT, **components["Config"], "title": "gluepot", "description": TITLE, "$defs": definitions},
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
