"""The JSON Schema of a crawler's file, for editors and for `gluepot crawler schema`."""

from __future__ import annotations

from typing import Any

from gluepot.config.describe import schema_of
from gluepot.crawler.crawlerfile import CrawlerFile


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a crawler's file, with a description for every key."""
    return schema_of(CrawlerFile, "gluepot crawler", "The crawler's file of gluepot crawler.")
