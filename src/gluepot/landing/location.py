"""A landing's URL taken apart, without touching anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlsplit

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

Scheme = Literal["s3", "az", "file", "memory"]

LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}
_FORMS = "s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, file:///DIR, a path, or memory://"


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where a landing is.

    Args:
        scheme: Which store.
        container: Bucket or container; empty for folders and memory.
        prefix: The part before every key, without slashes at its ends.
        account: Azure: the account that the URL names, if it names one.
        endpoint: The service's address where the URL names one that is not the public cloud's own.
        folder: The local folder, for `file`.
    """

    scheme: Scheme
    container: str = ""
    prefix: str = ""
    account: str = ""
    endpoint: str = ""
    folder: Path | None = None

    @property
    def name(self) -> str:
        """The landing's name for messages; it holds no secret."""
        if self.folder is not None:
            return str(self.folder)
        account = f"{self.account}/" if self.account else ""
        return f"{self.scheme}://{account}{self.container}/{self.prefix}".rstrip("/") if self.container else "memory://"


def is_url(location: str) -> bool:
    """Tell whether a location is a URL rather than a path."""
    return "://" in location


def parse_url(url: str) -> Location:
    """Take a landing's URL apart.

    Args:
        url: s3://, az://, abfss://, https:// (Azure Blob), file:// or memory:// URL, or a local path.

    Raises:
        ConfigError: It is no landing; a query, which may hold a signature, is not quoted.
    """
    if not url or "\0" in url:
        raise ConfigError("the landing has no URL", hint=f"write landing.url as {_FORMS}")
    if not is_url(url):
        return Location(scheme="file", folder=Path(url).expanduser().absolute())
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ConfigError("landing.url is not a URL", hint=f"write it as {_FORMS}") from None
    if parts.query or parts.fragment or parts.password:
        hint = "put a SAS token in landing.sas, keys in their own options"
        raise ConfigError("landing.url holds a query or a password", "URLs end up in logs", hint)
    match parts.scheme.lower():
        case "s3":
            return Location(scheme="s3", container=_named(parts.netloc, url), prefix=parts.path.strip("/"))
        case "az" | "abfs" | "abfss":
            return _azure(parts, url)
        case "https" | "http":
            return _azure_web(parts, host)
        case "file" if host in {"", "localhost"}:
            return Location(scheme="file", folder=Path(unquote(parts.path)).absolute())
        case "memory":
            return Location(scheme="memory")
        case _:
            raise ConfigError(f"no landing can be opened at {parts.scheme}://", hint=f"write landing.url as {_FORMS}")


def _named(container: str, url: str) -> str:
    if not container:
        raise ConfigError(f"landing.url names no bucket or container: {url}", hint=f"write it as {_FORMS}")
    return container


def _azure(parts: SplitResult, url: str) -> Location:
    """Read az://CONTAINER/PREFIX and abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX."""
    container, _, host = parts.netloc.rpartition("@") if "@" in parts.netloc else (parts.netloc, "", "")
    prefix = parts.path.strip("/")
    if not host:
        return Location(scheme="az", container=_named(container, url), prefix=prefix)
    # the same account answers the Blob API, which obstore speaks, at its blob address
    address = host.replace(".dfs.", ".blob.", 1)
    account = host.partition(".")[0]
    return Location(
        scheme="az", container=_named(container, url), prefix=prefix, account=account, endpoint=f"https://{address}"
    )


def _azure_web(parts: SplitResult, host: str) -> Location:
    """Read https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX, and an emulator's http://127.0.0.1:PORT/ACCOUNT/..."""
    path = unquote(parts.path).strip("/")
    if host in LOOPBACK:
        account, _, path = path.partition("/")
        endpoint = f"{parts.scheme}://{parts.netloc}/{account}"
    elif parts.scheme.lower() == "http":
        raise ConfigError("landing.url would send the files unencrypted", f"it is http://{host}", "write https://")
    elif ".blob." in host or ".dfs." in host:
        account, endpoint = host.partition(".")[0], f"https://{parts.netloc.replace('.dfs.', '.blob.', 1)}"
    else:
        hint = "write s3://BUCKET/PREFIX for S3; https:// is for https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX"
        raise ConfigError(f"landing.url is no Azure Blob address: https://{host}", hint=hint)
    container, _, prefix = path.partition("/")
    return Location(
        scheme="az",
        container=_named(container, f"https://{host}"),
        prefix=prefix.strip("/"),
        account=account,
        endpoint=endpoint,
    )
