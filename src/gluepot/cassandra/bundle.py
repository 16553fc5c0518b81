"""Astra's secure connect bundle: checked before it is used, or fetched with the token and removed at once.

https://docs.datastax.com/en/astra-api-docs/devops-api/ describes the two calls.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import ConfigError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVOPS: Final = "https://api.astra.datastax.com"
PARTS: Final = ("config.json", "ca.crt", "cert", "key")
SECONDS: Final = 30
PAGE: Final = 100
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
NEW_TOKEN: Final = "make a new token in the Astra portal (Settings, Tokens) with a role that may read this database"  # noqa: S105 - a hint


def check(path: Path) -> None:
    """Check that a file is a secure connect bundle.

    Raises:
        ConfigError: It is missing, no zip, or lacks a part.
    """
    hint = "download it again: Astra portal, the database, Connect, Download SCB; or give a token instead of a file"
    try:
        with zipfile.ZipFile(path) as bundle:
            missing = [name for name in PARTS if name not in bundle.namelist()]
            if not missing:
                json.loads(bundle.read("config.json"))
    except FileNotFoundError:
        raise ConfigError(f"there is no secure connect bundle {path}", hint=hint) from None
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise ConfigError(f"{path} is no secure connect bundle", f"it cannot be read: {error}", hint) from None
    if missing:
        raise ConfigError(f"{path} is no secure connect bundle", f"it lacks {', '.join(missing)}", hint)


def context(path: Path) -> ssl.SSLContext:
    """Make the TLS context of a bundle: its authority is the only one trusted, its certificate is the client's.

    Node names are host ids, which certificates do not name; what is trusted is the bundle's own authority.
    """
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as bundle:
        for name in PARTS[1:]:
            (Path(folder) / name).write_bytes(bundle.read(name))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        try:
            made.load_verify_locations(Path(folder) / "ca.crt")
            made.load_cert_chain(Path(folder) / "cert", Path(folder) / "key")
        except (ssl.SSLError, OSError) as error:
            raise ConfigError(f"the certificates in {path} cannot be used", str(error), "download it again") from None
    return made


@contextlib.contextmanager
def fetched(token: str, database: str, region: str = "", devops: str = DEVOPS) -> Iterator[Path]:
    """Fetch a bundle into a private file, which is removed at the end, whatever happens.

    Args:
        token: `AstraCS:...`.
        database: Its id or its name.
        region: Of the bundle, where a database has several; empty for the first.
        devops: The DevOps API.

    Raises:
        ConfigError: The token is refused, or there is no such database or region.
        UnreachableError: The API does not answer.
    """
    _check_address(devops)
    found = _id_of(token, database, devops)
    link = _link(token, found, region, devops)
    with tempfile.TemporaryDirectory(prefix="gluepot-") as folder:
        path = Path(folder) / "bundle.zip"
        path.touch(mode=0o600)
        path.write_bytes(_download(link))
        check(path)
        yield path


def _id_of(token: str, database: str, devops: str) -> str:
    """Find a database by id or name; the listing comes in pages of at most 100."""
    names: list[str] = []
    after = ""
    while True:
        query = urllib.parse.urlencode({"limit": PAGE, **({"starting_after": after} if after else {})})
        page = _call(f"{devops}/v2/databases?{query}", token)
        for one in page:
            name = str(one.get("info", {}).get("name", ""))
            if database in {one.get("id"), name}:
                return str(one["id"])
            names.append(name)
        if len(page) < PAGE:
            break
        after = str(page[-1]["id"])
    told = f"there are: {', '.join(sorted(names)[:10])}" if names else "the token sees no database at all"
    raise ConfigError(f"Astra knows no database {database!r}", told, "give its name or its id as source.database")


def _link(token: str, database: str, region: str, devops: str) -> str:
    """Ask for links to the bundles of all regions, which hold for a few minutes."""
    links = _call(f"{devops}/v2/databases/{database}/secureBundleURL?all=true", token, method="POST")
    links = links if isinstance(links, list) else [links]
    regions = {str(one.get("region", "")): str(one["downloadURL"]) for one in links}
    if region and region not in regions:
        raise ConfigError(f"the database has no region {region!r}", f"it has: {', '.join(sorted(regions))}")
    return regions[region] if region else next(iter(regions.values()))


def _download(link: str) -> bytes:
    _check_address(link)
    try:
        with urllib.request.urlopen(link, timeout=SECONDS) as answer:  # noqa: S310 - checked above
            return bytes(answer.read())
    except OSError as error:
        # the link is a secret for as long as it holds
        raise UnreachableError("the secure connect bundle could not be fetched", type(error).__name__) from None


def _call(url: str, token: str, method: str = "GET") -> Any:  # noqa: ANN401 - JSON
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    request = urllib.request.Request(url, method=method, headers=headers)  # noqa: S310 - checked by the caller
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - likewise
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error.code, urllib.parse.urlsplit(url).netloc) from None
    except (OSError, ValueError) as error:
        where = urllib.parse.urlsplit(url).netloc
        raise UnreachableError(
            f"Astra's DevOps API at {where} does not answer", str(error), "check the network, or give source.bundle"
        ) from None


def _refused(code: int, where: str) -> ConfigError | UnreachableError:
    if code in {401, 403}:
        return ConfigError("Astra refuses the token", f"{where} answered {code}: it is wrong or expired", NEW_TOKEN)
    return UnreachableError(f"Astra's DevOps API at {where} failed", f"it answered {code}", "try again")


def _check_address(url: str) -> None:
    """Send nothing over an open line: HTTPS, or this machine itself."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ConfigError("source.devops_url would send the token unencrypted", hint="write https://")
