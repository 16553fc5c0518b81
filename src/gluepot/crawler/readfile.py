"""Reading a crawler's file: parsed, checked, everything wrong with it said at once; and its schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gluepot.config.describe import schema_of
from gluepot.config.load import checked, read_text
from gluepot.config.parse import parse
from gluepot.config.reading import Reading
from gluepot.crawler.crawlercheck import check
from gluepot.crawler.crawlerfile import CrawlerFile

if TYPE_CHECKING:
    from collections.abc import Mapping

STARTER: Final = "gluepot crawler init"
"""The command that writes a crawler's file to begin with."""

HINT: Final = "see: gluepot crawler schema"


def read(path: Path | str, *, environ: Mapping[str, str] | None = None) -> CrawlerFile:
    """Read and check a crawler's file; the suffix says whether it is TOML, JSON or YAML.

    Args:
        path: The file.
        environ: Where `env:` references are looked up when a secret is used; `os.environ` when not given.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; all problems are named at once.
    """
    text = read_text(Path(path), STARTER)
    return checked(CrawlerFile, check, parse(Path(path), text, STARTER), Reading(str(path), text, environ, HINT))


def from_mapping(mapping: Mapping[str, Any], source: str = "arguments") -> CrawlerFile:
    """Check what is a mapping already.

    Raises:
        ConfigError: Something in it is wrong; all problems are named at once.
    """
    return checked(CrawlerFile, check, mapping, Reading(source, hint=HINT))


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a crawler's file, with a description for every key."""
    return schema_of(CrawlerFile, "gluepot crawler", "The crawler's file of gluepot crawler.")
