"""What a landing's keys must say together."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gluepot.config.reading import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.config.model import Landing
    from gluepot.config.reading import Reading

S3, AZURE, LOCAL = {"s3"}, {"az", "abfss", "https", "http"}, {"", "file", "memory"}
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

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
        _check_url(landing, f"{at}.url", at, reading)
    if landing.sas and landing.account_key:
        reading.add(f"{at}.account_key", "is given beside sas", "keep one of the two")
    if not reading.has(f"{at}.key", f"{at}.secret") and (landing.key is None) != (landing.secret is None):
        missing, given = ("secret", "key") if landing.secret is None else ("key", "secret")
        reading.add(f"{at}.{missing}", f"is missing, while {given} is given", "give both, or neither")
    if landing.role and not is_role(landing.role):
        hint = "write it in full: arn:aws:iam::123456789012:role/NAME"
        reading.add(f"{at}.role", f"{shown(landing.role)} is not the ARN of a role", hint)


def _check_url(landing: Landing, url_at: str, at: str, reading: Reading) -> None:
    """Check the URL, never quoting what may be a signature in it."""
    try:
        parts = urlsplit(landing.url)
        host = parts.hostname or ""
    except ValueError:
        reading.add(url_at, "is not a URL", "write it like s3://BUCKET/PREFIX")
        return
    scheme = parts.scheme.lower() if "://" in landing.url else ""
    if scheme not in S3 | AZURE | LOCAL:
        reading.add(url_at, f"no landing has the scheme {shown(scheme)}", "s3, az, abfss, https, file, or a path")
    elif scheme and (parts.query or parts.fragment or parts.password):
        reading.add(url_at, "holds a query or a password", "put a SAS token in landing.sas, keys in their own keys")
    elif scheme == "http" and host not in LOOPBACK:
        reading.add(url_at, "http would send the files unencrypted", "write https://")
    elif scheme in S3 | AZURE and not parts.netloc:
        reading.add(url_at, "names no bucket or container", f"write it like {scheme}://NAME/PREFIX")
    else:
        _check_belonging(landing, scheme, at, reading)


def _check_belonging(landing: Landing, scheme: str, at: str, reading: Reading) -> None:
    """An option that this landing cannot honour is an error: ignoring it would hide a mistake."""
    foreign = (*(() if scheme in S3 else S3_KEYS), *(() if scheme in AZURE else AZURE_KEYS))
    for name in foreign:
        if getattr(landing, name) is not None:
            kind = "S3" if name in S3_KEYS else "Azure"
            reading.add(f"{at}.{name}", f"belongs to {kind}, while the url is {scheme or 'a path'}", "leave it out")
