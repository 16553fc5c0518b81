"""The JSON Schema of a crawler's file, for editors and for `gluepot crawler schema`."""

from __future__ import annotations

from typing import Any

import msgspec

from gluepot.crawling.crawlerfile import CrawlerFile
from gluepot.secret import Secret, mask_secrets

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "The crawler's file of gluepot crawler."


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a crawler's file, with a description for every key."""
    (_, components) = msgspec.json.schema_components((CrawlerFile,), schema_hook=_describe_secret)
    head = {"$schema": DIALECT, **components["CrawlerFile"], "title": "gluepot crawler", "description": TITLE}
    definitions = {name: part for name, part in components.items() if name != "CrawlerFile"}
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
