"""JSON Schemas of what gluepot reads, for editors and for the commands that print them."""

from __future__ import annotations

from typing import Any

import msgspec

from gluepot.config.model import Config
from gluepot.secret import Secret, mask_secrets

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a configuration file, with a description for every key."""
    return schema_of(Config, "gluepot", "The configuration of gluepot's collector.")


def schema_of(kind: type[msgspec.Struct], title: str, description: str) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a file.

    Args:
        kind: What the file holds.
        title: What reads it.
        description: What it is, in a sentence.
    """
    (_, components) = msgspec.json.schema_components((kind,), schema_hook=_describe_secret)
    head = {"$schema": DIALECT, **components[kind.__name__], "title": title, "description": description}
    definitions = {name: part for name, part in components.items() if name != kind.__name__}
    plain: dict[str, Any] = msgspec.to_builtins({**head, "$defs": definitions}, enc_hook=mask_secrets)
    return plain


def _describe_secret(kind: type) -> dict[str, Any]:
    """Describe a secret as the text that a file holds.

    Raises:
        NotImplementedError: Another type came; msgspec asks hooks to answer so.
    """
    if kind is Secret:
        return {"type": "string", "format": "password"}
    raise NotImplementedError(f"no schema for {kind.__name__}")
