"""Where a server's files go, and what that place is called in marks.

A landing is told by scheme, account, bucket and prefix: a rotated key or token, or another spelling of the same
place, is no other landing. Without a landing the folder that the files are written to stands for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gluepot.collector.settings import account_id_of
from gluepot.errors import ConfigError
from gluepot.landing.location import parse_url

if TYPE_CHECKING:
    from gluepot.config import Config, Landing


def landing_at(config: Config, index: int, server: str) -> Landing | None:
    """Say where the files of one of the accounts go.

    An account's own landing is taken as it is. One that several accounts inherit gets a folder per server, as
    `output_path` does: their files have the same names.
    """
    found = config.targets()[index].landing
    inherited = bool(config.accounts) and config.accounts[index].landing is None
    return _below(found, server) if inherited else found


def _below(landing: Landing | None, server: str) -> Landing | None:
    return msgspec.structs.replace(landing, url=f"{landing.url.rstrip('/')}/{server}") if landing else None


def landing_for(config: Config, server: str) -> Landing:
    """Say where a server's files go.

    Raises:
        ConfigError: The server belongs to none of the accounts, or has no landing.
    """
    index = account_of(config, server) if config.accounts else 0
    if index is None:
        why = f"none of the accounts has the server {server!r}"
        hint = "name it in accounts again, or move its folder out of output_path"
        raise ConfigError(f"there are files of {server}, and no landing for them", why, hint)
    found = landing_at(config, index, server)
    if found is None:
        require_landing(config)
        raise ConfigError("the configuration names no landing", "the key landing is missing")
    return found


def require_landing(config: Config) -> None:
    """Refuse a configuration that does not say where files go.

    Raises:
        ConfigError: A landing is missing; the key is named.
    """
    for index, target in enumerate(config.targets()):
        if target.landing is None:
            key = f"accounts[{index}].landing" if config.accounts else "landing"
            hint = 'add it, for example in TOML: [landing] with url = "s3://BUCKET/PREFIX"'
            raise ConfigError("the configuration names no landing", f"the key {key} is missing", hint)


def account_of(config: Config, server: str) -> int | None:
    """Find the account whose server this is; one without `server` is named after its account id."""
    targets = config.targets()
    for index, target in enumerate(targets):
        if (target.server or f"{account_id_of(target)}_glue") == server:
            return index
    unnamed = [index for index, target in enumerate(targets) if not target.server and not account_id_of(target)]
    return unnamed[0] if len(unnamed) == 1 and server.endswith("_glue") else None


def folder_of(config: Config, server: str) -> Path:
    """Say where a server's files are written: below `output_path` with `accounts`."""
    output = Path(config.output_path)
    return output / server if config.accounts else output


def name_of(landing: Landing | None, folder: Path) -> str:
    """Name a landing as marks know it; without one, the folder that the files are written to.

    Raises:
        ConfigError: Its URL is none.
    """
    if landing is None:
        return str(folder.expanduser().resolve())
    place = parse_url(landing.url)
    if place.folder is not None:
        return str(place.folder.resolve())
    if place.scheme != "az":
        return place.name
    names = ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT")
    account = place.account or landing.account or next(filter(None, map(os.environ.get, names)), "")
    return f"az://{account.lower()}/{place.container}/{place.prefix}".rstrip("/")


__all__ = ["account_of", "folder_of", "landing_at", "landing_for", "name_of", "require_landing"]
