"""The commented configuration that `gluepot init` writes, made of the keys' own descriptions.

A description's line begins with `# `, a key that is left out with `#` alone: without that mark the key is in force.
"""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from gluepot.config.model import AccountEntry, Config, Globs, Landing, StoreAccess
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

Style = Literal["toml", "yaml", "json"]

IN_FORCE = ("server", "regions", "output_path", "mask", "compress")
"""What nearly everybody sets; the other keys stand beside them, commented out."""

_CREDENTIALS = {"key": "env:AWS_ACCESS_KEY_ID", "secret": "env:AWS_SECRET_ACCESS_KEY"}
_ROLE = "arn:aws:iam::123456789012:role/KadaGlueRole"

SAMPLES: dict[type[msgspec.Struct], dict[str, Any]] = {
    Config: {
        **_CREDENTIALS,
        "profile": "metadata",
        "server": "123456789012_glue",
        "regions": ["ap-southeast-2"],
        "catalogId": "123456789012",
        "role": _ROLE,
        "external_id": "env:GLUEPOT_EXTERNAL_ID",
        "session_duration": 3600,
        "output_path": "./output",
        "mask": True,
        "compress": True,
        "meta_only": True,
        "shared": "auto",
        "hwm": ".",
        "state": "./state",
        "formats": ["k", "jsonl"],
        "delimiter": "|",
        "concurrency": 16,
        "requests_per_second": 20,
        "on_incomplete": "push",
    },
    Globs: {"include": ["sales_*"], "exclude": ["*_tmp"]},
    Landing: {
        "url": "s3://YOUR-BUCKET/lz/glue/landing",
        "account": "yourstorageaccount",
        "sas": "env:GLUEPOT_LANDING_SAS",
        "account_key": "env:GLUEPOT_LANDING_ACCOUNT_KEY",
        "region": "ap-southeast-2",
        "key": "env:GLUEPOT_LANDING_KEY",
        "secret": "env:GLUEPOT_LANDING_SECRET",
        "role": "arn:aws:iam::123456789012:role/KadaLandingRole",
        "manifest": True,
    },
    StoreAccess: {
        "account": "yourstorageaccount",
        "sas": "env:GLUEPOT_MARKS_SAS",
        "account_key": "env:GLUEPOT_MARKS_ACCOUNT_KEY",
        "region": "ap-southeast-2",
        "key": "env:GLUEPOT_MARKS_KEY",
        "secret": "env:GLUEPOT_MARKS_SECRET",
        "role": "arn:aws:iam::123456789012:role/KadaMarksRole",
    },
    AccountEntry: {
        "server": "210987654321_glue",
        "role": ["arn:aws:iam::123456789012:role/Hub", "arn:aws:iam::210987654321:role/KadaGlueRole"],
        "external_id": "env:GLUEPOT_EXTERNAL_ID",
        "session_duration": 3600,
        "catalogId": "210987654321",
        "regions": ["eu-west-1", "us-east-1"],
        **_CREDENTIALS,
        "profile": "metadata",
    },
}
"""A value for every key; a test holds that none is forgotten."""

_SECTIONS: dict[str, type[msgspec.Struct]] = {
    "databases": Globs,
    "tables": Globs,
    "landing": Landing,
    "hwm_access": StoreAccess,
    "accounts": AccountEntry,
}
"""The keys that hold keys; TOML wants them after all others."""

_HEAD = (
    "gluepot's configuration. A configuration file of KADA's Glue collector works unchanged. "
    "Check this one with: gluepot check -c FILE. All keys as a JSON Schema: gluepot config schema."
)


def example(style: Style = "toml") -> str:
    """Write a configuration to start from: every key explained, the optional ones commented out.

    Args:
        style: `toml`, `yaml`, or `json`, which knows no comments and so holds only the keys that are in force.

    Raises:
        ConfigError: There is no such style.
    """
    if style == "json":
        return json.dumps({name: SAMPLES[Config][name] for name in IN_FORCE}, indent=2) + "\n"
    if style not in get_args(Style):
        raise ConfigError(f"there is no example in {style!r}", hint=f"choose {', '.join(get_args(Style))}")
    return "\n".join(_lines(style)) + "\n"


def _lines(style: Style) -> Iterator[str]:
    yield from commented(_HEAD)
    for info in msgspec.structs.fields(Config):
        if info.encode_name not in _SECTIONS:
            yield ""
            yield from commented(description(info))
            mark = "" if info.encode_name in IN_FORCE else "#"
            yield f"{mark}{assignment(info.encode_name, SAMPLES[Config][info.encode_name], style)}"
    for info in msgspec.structs.fields(Config):
        if info.encode_name in _SECTIONS:
            yield ""
            yield from commented(description(info))
            yield from _section(info.encode_name, _SECTIONS[info.encode_name], style)


def _section(name: str, kind: type[msgspec.Struct], style: Style) -> Iterator[str]:
    """Write a key that holds keys, commented out as a whole."""
    indent, dash = ("", "") if style == "toml" else ("  ", "- " if kind is AccountEntry else "")
    heading = f"{name}:" if style == "yaml" else f"[[{name}]]" if kind is AccountEntry else f"[{name}]"
    yield f"#{heading}"
    for info in msgspec.structs.fields(kind):
        if info.encode_name in SAMPLES[kind]:
            yield from commented(description(info))
            yield f"#{indent}{dash}{assignment(info.encode_name, SAMPLES[kind][info.encode_name], style)}"
            indent, dash = indent + " " * len(dash), ""


def assignment(name: str, value: object, style: Style) -> str:
    """Write one key and value; texts, numbers and lists of texts are spelt alike in JSON, TOML and YAML."""
    return f"{name}{' = ' if style == 'toml' else ': '}{json.dumps(value)}"


def commented(text: str) -> list[str]:
    """Write a text as comments of TOML and YAML."""
    return textwrap.wrap(text, width=100, initial_indent="# ", subsequent_indent="# ")


def description(info: msgspec.structs.FieldInfo) -> str:
    """Give the description that stands in the annotation."""
    notes = (note.description for note in getattr(info.type, "__metadata__", ()) if isinstance(note, msgspec.Meta))
    return next((text for text in notes if text), "")
