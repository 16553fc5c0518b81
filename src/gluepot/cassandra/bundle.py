"""Astra's secure connect bundle: checked before it is used, or fetched with the token and removed at once."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from gluepot.cassandra import devopsapi
from gluepot.errors import ConfigError
from gluepot.host import capped
from gluepot.host.scratch import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEVOPS: Final = devopsapi.DEVOPS
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What the host's name in a bundle begins with: the id of the database."""

MEMBERS: Final = 100
"""Files in a bundle; there are twelve, with 20,000 bytes."""

PARTS: Final = ("config.json", "ca.crt", "cert", "key")


def check(path: Path) -> None:
    """Check that a file is a secure connect bundle.

    Raises:
        ConfigError: It is missing, no zip, or lacks a part.
    """
    hint = "download it again: Astra portal, the database, Connect, Download SCB; or give a token instead of a file"
    try:
        with zipfile.ZipFile(path) as bundle:
            _check_sizes(bundle)
            missing = [name for name in PARTS if name not in bundle.namelist()]
            if not missing:
                _check_config(json.loads(bundle.read("config.json")))
    except FileNotFoundError:
        raise ConfigError(f"there is no secure connect bundle {path}", hint=hint) from None
    except (
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        ValueError,
        RecursionError,
    ) as error:
        raise ConfigError(f"{path} is no secure connect bundle", f"it cannot be read: {error}", hint) from None
    if missing:
        raise ConfigError(f"{path} is no secure connect bundle", f"it lacks {', '.join(missing)}", hint)


def _check_sizes(bundle: zipfile.ZipFile) -> None:
    """Refuse what would not fit where it is unpacked; of a member no more is read than the size that is told of it."""
    inside = bundle.infolist()
    if len(inside) > MEMBERS or sum(member.file_size for member in inside) > capped.SECRET:
        raise ValueError(f"it holds more than {MEMBERS} files, or more than {capped.SECRET:,} bytes unpacked")


def database_id(path: Path) -> str:
    """Give the id of the database that a bundle is of; empty where it does not say so."""
    with zipfile.ZipFile(path) as bundle:
        host = str(json.loads(bundle.read("config.json")).get("host", ""))
    found = _ID.match(host)
    return found[0] if found else ""


def _check_config(config: object) -> None:
    if not isinstance(config, dict) or not {"host", "port"} <= config.keys():
        raise ValueError("config.json names no host and port")


def context(path: Path) -> ssl.SSLContext:
    """Make the TLS context of a bundle: its authority is the only one trusted, its certificate is the client's.

    Node names are host ids, which certificates do not name; what is trusted is the bundle's own authority.
    """
    with temporary_folder() as folder, zipfile.ZipFile(path) as bundle:
        for name in PARTS[1:]:
            part = folder / name
            part.touch(mode=0o600)
            part.write_bytes(bundle.read(name))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        try:
            made.load_verify_locations(folder / "ca.crt")
            made.load_cert_chain(folder / "cert", folder / "key")
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
    link = devopsapi.bundle_link(devopsapi.Api(devops, token), database, region)
    content = devopsapi.download(link)
    with temporary_folder() as folder:  # nobody but this user may look into it
        path = folder / "bundle.zip"
        path.touch(mode=0o600)
        path.write_bytes(content)
        check(path)
        yield path
