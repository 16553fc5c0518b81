"""What a landing's keys must say together."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from gluepot.config.reading import shown
from gluepot.errors import ConfigError
from gluepot.landing.location import is_url, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.config.model import Landing
    from gluepot.config.reading import Reading

S3_KEYS = ("region", "key", "secret", "role")
AZURE_KEYS = ("account", "sas", "account_key")


def check_landing(landing: Landing, at: str, reading: Reading, *, is_role: Callable[[str], bool]) -> None:
    """Note everything in one `landing` that cannot be.

    Args:
        landing: The landing as it is written.
        at: Its path of keys.
        reading: Takes what is wrong.
        is_role: Tells whether a text is a role's ARN.
    """
    if not reading.has(f"{at}.url"):
        check_place(landing.url, f"{at}.url", reading)
    check_access(landing, at, reading, is_role=is_role)


def check_access(landing: Landing, at: str, reading: Reading, *, is_role: Callable[[str], bool]) -> None:
    """Note what cannot be about the keys that open a landing, once each."""
    with contextlib.suppress(ConfigError, RuntimeError):  # what is wrong with the URL is noted already
        _check_belonging(landing, parse_url(landing.url).scheme, at, reading)
    if landing.sas and landing.account_key and not reading.has(f"{at}.account_key"):
        reading.add(f"{at}.account_key", "is given beside sas", "keep one of the two")
    if not reading.has(f"{at}.key", f"{at}.secret") and (landing.key is None) != (landing.secret is None):
        missing, given = ("secret", "key") if landing.secret is None else ("key", "secret")
        reading.add(f"{at}.{missing}", f"is missing, while {given} is given", "give both, or neither")
    if landing.role and not is_role(landing.role) and not reading.has(f"{at}.role"):
        hint = "write it in full: arn:aws:iam::123456789012:role/NAME"
        reading.add(f"{at}.role", f"{shown(landing.role)} is not the ARN of a role", hint)


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
