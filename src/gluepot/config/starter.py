"""The commented configuration that `gluepot init` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gluepot.config.model import AccountEntry, Config, Globs, Landing, StoreAccess
from gluepot.config.starterfile import Section, StarterFile

if TYPE_CHECKING:
    import msgspec

    from gluepot.config.starterfile import Style

IN_FORCE: Final = ("regions", "output_path", "mask", "compress")
"""What nearly everybody sets; the other keys stand beside them, commented out: a server that is not the caller's would
be a mistake, and left out it is the caller's."""

LANDING_IN_FORCE: Final = ("url",)
"""A folder, so that `check` and `run` work before anything is edited."""

_CREDENTIALS: Final = {"key": "env:AWS_ACCESS_KEY_ID", "secret": "env:AWS_SECRET_ACCESS_KEY"}
_ROLE: Final = "arn:aws:iam::123456789012:role/KadaGlueRole"

_WANTED: Final = {
    "sse": "aws:kms",
    "kms_key": "arn:aws:kms:ap-southeast-2:123456789012:key/11111111-2222-3333-4444-555555555555",
    "acl": "bucket-owner-full-control",
    "requester_pays": True,
    "expected_bucket_owner": "123456789012",
}

_GLOBS: Final = {"include": ["sales_*"], "exclude": ["*_tmp"]}

SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "": {
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
        "guard_formulas": False,
        "concurrency": 16,
        "requests_per_second": 20,
        "patience": 300,
        "patience_first": 10,
        "allow_http": False,
        "on_incomplete": "push",
    },
    "databases": _GLOBS,
    "tables": _GLOBS,
    "landing": {
        "url": "./landing",
        "account": "yourstorageaccount",
        "sas": "env:GLUEPOT_LANDING_SAS",
        "account_key": "env:GLUEPOT_LANDING_ACCOUNT_KEY",
        "region": "ap-southeast-2",
        "key": "env:GLUEPOT_LANDING_KEY",
        "secret": "env:GLUEPOT_LANDING_SECRET",
        "profile": "landing",
        "role": "arn:aws:iam::123456789012:role/KadaLandingRole",
        "external_id": "env:GLUEPOT_LANDING_EXTERNAL_ID",
        **_WANTED,
        "manifest": True,
    },
    "hwm_access": {
        "account": "yourstorageaccount",
        "sas": "env:GLUEPOT_MARKS_SAS",
        "account_key": "env:GLUEPOT_MARKS_ACCOUNT_KEY",
        "region": "ap-southeast-2",
        "key": "env:GLUEPOT_MARKS_KEY",
        "secret": "env:GLUEPOT_MARKS_SECRET",
        "profile": "landing",
        "role": "arn:aws:iam::123456789012:role/KadaMarksRole",
        "external_id": "env:GLUEPOT_MARKS_EXTERNAL_ID",
        **_WANTED,
    },
    "accounts": {
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
"""A value for every key, the top's under no name; a test holds that none is forgotten."""

SECTIONS: Final[dict[str, type[msgspec.Struct]]] = {
    "databases": Globs,
    "tables": Globs,
    "landing": Landing,
    "hwm_access": StoreAccess,
    "accounts": AccountEntry,
}

_HEAD: Final = (
    "gluepot's configuration. A configuration file of KADA's Glue collector works unchanged. As it stands it reads the "
    "region below as the environment's AWS identity, and sends what it finds to a folder: put your landing there. "
    "Check this one with: gluepot check -c FILE. All keys as a JSON Schema: gluepot config schema."
)

_FILE: Final = StarterFile(
    head=_HEAD,
    top=Section(Config, SAMPLES[""], IN_FORCE),
    sections={
        name: Section(kind, SAMPLES[name], LANDING_IN_FORCE if name == "landing" else (), is_list=name == "accounts")
        for name, kind in SECTIONS.items()
    },
)


def example(style: Style = "toml") -> str:
    """Write a configuration to start from: every key explained, the optional ones commented out.

    Args:
        style: `toml`, `yaml`, or `json`, which knows no comments and so holds only the keys that are in force.

    Raises:
        ConfigError: There is no such style.
    """
    return _FILE.text(style)
