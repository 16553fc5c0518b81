"""What a landing's keys must say together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from gluepot.config.reading import shown
from gluepot.errors import ConfigError
from gluepot.landing.location import is_url, parse_url

if TYPE_CHECKING:
    from gluepot.config.model import Landing, StoreAccess
    from gluepot.config.reading import Reading

Identity = Callable[["StoreAccess", str, "Reading"], None]
"""Checks who reaches AWS: keys, profile, roles; notes what cannot be, below a prefix of keys."""

S3_KEYS = (
    *("region", "key", "secret", "profile", "role", "external_id"),
    *("sse", "kms_key", "acl", "requester_pays", "expected_bucket_owner"),
)
AZURE_KEYS = ("account", "sas", "account_key")


def check_landing(landing: Landing, at: str, reading: Reading, *, identity: Identity) -> None:
    """Note everything in one `landing` that cannot be.

    Args:
        landing: The landing as it is written.
        at: Its path of keys.
        reading: Takes what is wrong.
        identity: Checks its keys, profile and roles.
    """
    if not reading.has(f"{at}.url"):
        check_place(landing.url, f"{at}.url", reading)
    check_access(landing, at, reading, identity=identity)


def check_access(landing: Landing, at: str, reading: Reading, *, identity: Identity) -> None:
    """Note what cannot be about the keys that open a landing, once each."""
    with contextlib.suppress(ConfigError, RuntimeError):  # what is wrong with the URL is noted already
        _check_belonging(landing, parse_url(landing.url).scheme, at, reading)
    if landing.sas and landing.account_key and not reading.has(f"{at}.account_key"):
        reading.add(f"{at}.account_key", "is given beside sas", "keep one of the two")
    identity(landing, f"{at}.", reading)
    if landing.external_id and not landing.role and not reading.has(f"{at}.external_id"):
        reading.add(f"{at}.external_id", "is for a role, and none is assumed", "name the role, or leave it out")
    if landing.kms_key and landing.sse not in {"aws:kms", "aws:kms:dsse"} and not reading.has(f"{at}.sse"):
        reading.add(f"{at}.kms_key", "is for encryption by KMS, which is not asked for", "write sse: aws:kms")


def check_place(location: str, at: str, reading: Reading) -> None:
    """Note a path or URL that no landing can be opened at."""
    try:
        parse_url(location)
    except ConfigError as error:
        what = error.what.removeprefix("landing.url ")
        reading.add(at, f"{what}: {error.why}" if error.why else what, error.hint)
    except RuntimeError:
        reading.add(at, f"{shown(location)} begins with ~ and a user that is not there", "write the path out")


def _check_belonging(landing: Landing, scheme: str, at: str, reading: Reading) -> None:
    """An option that this landing cannot honour is an error: ignoring it would hide a mistake."""
    foreign = (*(() if scheme == "s3" else S3_KEYS), *(() if scheme == "az" else AZURE_KEYS))
    for name in foreign:
        if getattr(landing, name) is not None and not reading.has(f"{at}.{name}"):
            owner = "S3" if name in S3_KEYS else "Azure"
            kind = scheme if is_url(landing.url) else "a path"
            reading.add(f"{at}.{name}", f"belongs to {owner}, while the url is {kind}", "leave it out")
