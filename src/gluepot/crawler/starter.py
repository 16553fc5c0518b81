"""The commented file that `gluepot crawler init` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.config.starterfile import Section, StarterFile
from gluepot.crawler.crawlerfile import (
    PRICED_AT,
    AccessSection,
    CrawlerFile,
    CrawlPrices,
    SchemaChange,
    TablesSection,
    Target,
)

if TYPE_CHECKING:
    from gluepot.config.starterfile import Style

IN_FORCE: Final = {"": ("name", "database"), "targets": ("path",)}
"""What every crawler sets; the other keys stand beside them, commented out."""

SECTIONS: Final[dict[str, type[msgspec.Struct]]] = {
    "targets": Target,
    "schema_change": SchemaChange,
    "tables": TablesSection,
    "access": AccessSection,
    "prices": CrawlPrices,
}

SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "": {
        "name": "landing",
        "database": "landing",
        "role": "landing-crawler",
        "create_database": True,
        "schedule": "cron(15 2 * * ? *)",
        "recrawl": "everything",
        "permissions_boundary": "arn:aws:iam::123456789012:policy/Boundary",
        "kms_key": "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "tags": {"team": "data"},
    },
    "targets": {"path": "s3://your-bucket/landing", "exclude": ["**.tmp", "archive/**"], "sample_size": 10},
    "schema_change": {"update": "update", "delete": "deprecate"},
    "tables": {"prefix": "raw_", "level": 3, "combine": False, "keep_columns": True, "partitions_inherit": True},
    "access": {
        "region": "ap-southeast-2",
        "key": "env:AWS_ACCESS_KEY_ID",
        "secret": "env:AWS_SECRET_ACCESS_KEY",
        "profile": "lake",
        "role": "arn:aws:iam::123456789012:role/Provisioner",
    },
    "prices": {
        "date": PRICED_AT,
        **{
            info.encode_name: info.default for info in msgspec.structs.fields(CrawlPrices) if info.encode_name != "date"
        },
    },
}
"""A value for every key; a test holds that none is forgotten."""

_HEAD: Final = (
    "A crawler over data that is in S3 already. See what it would take and cost with: gluepot crawler plan -c FILE, "
    "then gluepot crawler apply -c FILE and gluepot crawler run -c FILE. All keys as a JSON Schema: "
    "gluepot crawler schema."
)


_FILE: Final = StarterFile(
    head=_HEAD,
    top=Section(CrawlerFile, SAMPLES[""], IN_FORCE[""]),
    sections={
        name: Section(kind, SAMPLES[name], IN_FORCE.get(name, ()), is_list=name == "targets")
        for name, kind in SECTIONS.items()
    },
)


def example(style: Style = "toml") -> str:
    """Write a crawler's file to start from: every key explained, the optional ones commented out.

    Args:
        style: `toml`, `yaml`, or `json`, which knows no comments and so holds only the keys that are in force.
    """
    return _FILE.text(style)
