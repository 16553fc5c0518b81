"""The commented file that `gluepot crawler init` writes, made of the keys' own descriptions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.config.starter import commented, description
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
    from collections.abc import Iterator

    from gluepot.config.starter import Style

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


def example(style: Style = "toml") -> str:
    """Write a crawler's file to start from: every key explained, the optional ones commented out.

    Args:
        style: `toml`, `yaml`, or `json`, which knows no comments and so holds only the keys that are in force.
    """
    if style == "json":
        top = {key: SAMPLES[""][key] for key in IN_FORCE[""]}
        return json.dumps({**top, "targets": [{"path": SAMPLES["targets"]["path"]}]}, indent=2) + "\n"
    return "\n".join(_lines(style)) + "\n"


def _lines(style: Style) -> Iterator[str]:
    yield from commented(_HEAD)
    fields = {info.encode_name: info for info in msgspec.structs.fields(CrawlerFile)}
    for name, info in fields.items():
        if name not in SECTIONS:
            yield from ("", *commented(description(info)), _line("", name, "", style))
    for name, info in fields.items():
        if name in SECTIONS:
            yield from ("", *commented(description(info)), *_section(name, style))


def _section(name: str, style: Style) -> Iterator[str]:
    mark = "" if name in IN_FORCE else "#"
    is_list = name == "targets"
    if style == "toml":
        yield f"{mark}[[{name}]]" if is_list else f"{mark}[{name}]"
    else:
        yield f"{mark}{name}:"
    for number, info in enumerate(msgspec.structs.fields(SECTIONS[name])):
        yield from commented(description(info))
        begin = "  - " if is_list and not number else "    " if is_list else "  "
        yield _line(name, info.encode_name, begin if style == "yaml" else "", style)


def _line(section: str, key: str, indent: str, style: Style) -> str:
    mark = "" if key in IN_FORCE.get(section, ()) else "#"
    value = SAMPLES[section][key]
    if style == "yaml":
        return f"{mark}{indent}{key}: {json.dumps(value)}"
    if isinstance(value, dict):
        return f"{mark}{key} = {{ {', '.join(f'{name} = {json.dumps(one)}' for name, one in value.items())} }}"
    return f"{mark}{key} = {json.dumps(value)}"
