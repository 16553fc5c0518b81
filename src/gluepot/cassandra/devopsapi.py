"""Astra's DevOps API, as far as a secure connect bundle needs it.

https://docs.datastax.com/en/astra-api-docs/devops-api/ describes the two calls.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gluepot.errors import ConfigError, UnreachableError
from gluepot.waiting import network
from gluepot.waiting.pace import LIMITS
from gluepot.waiting.patience import Verdict, current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluepot.waiting.pace import Limits

T = TypeVar("T")

DEVOPS: Final = "https://api.astra.datastax.com"
SECONDS: Final = 30
"""How long an answer may be silent."""

PAGE: Final = 100
"""Databases in one answer, at most: https://github.com/datastax/astra-cli/issues/213 stopped there."""

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a bundle; they have a few thousand."""

NOT_FOUND: Final = 404
TOO_MANY: Final = 429
BUSY: Final = frozenset({TOO_MANY, 500, 502, 503, 504})
DENIED: Final = frozenset({401, 403})
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
NEW_TOKEN: Final = "make a new token in the Astra portal (Settings, Tokens) with a role that may read this database"  # noqa: S105 - a hint


@dataclass(frozen=True)
class Api:
    """The API and what gives access to it.

    Args:
        url: Its address.
        token: `AstraCS:...`.
        limits: What ends a try.
    """

    url: str
    token: str = field(repr=False)
    limits: Limits = LIMITS

    def __post_init__(self) -> None:
        _check_address(self.url)
        if not self.token or not self.token.isascii() or not self.token.isprintable():
            raise ConfigError("source.token is no token", "it is empty or holds characters no token has", NEW_TOKEN)

    def call(self, path: str, method: str = "GET") -> Any:  # noqa: ANN401 - JSON
        """Call it; what passes is waited out.

        Raises:
            ConfigError: The token is refused.
            UnreachableError: It does not answer, or with an error.
            LookupError: There is no such thing.
        """
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        request = urllib.request.Request(self.url.rstrip("/") + path, method=method, headers=headers)  # noqa: S310 - checked above
        where = urllib.parse.urlsplit(self.url).netloc
        try:
            return _waited(lambda: json.loads(_opened(request, self.limits)), where)
        except urllib.error.HTTPError as error:
            raise _refused(error.code, where) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            hint = "check the network, or give source.bundle"
            raise UnreachableError(f"Astra's DevOps API at {where} does not answer", _text_of(error), hint) from None


def bundle_link(api: Api, database: str, region: str = "") -> str:
    """Give the address of a database's bundle, which holds for a few minutes and is a secret for as long.

    Args:
        api: The API.
        database: Its id or its name.
        region: Which of its regions; empty for the first.

    Raises:
        ConfigError: The token is refused, or there is no such database or region.
        UnreachableError: The API does not answer.
    """
    found = str(uuid.UUID(database)) if _is_id(database) else _id_of(api, database)
    try:
        links = api.call(f"/v2/databases/{found}/secureBundleURL?all=true", "POST")
    except LookupError:
        why = "the token does not see it, or it is gone"
        raise ConfigError(f"Astra knows no database {database!r}", why, "give its name or its id") from None
    regions = _regions(links)
    if not regions:
        raise ConfigError(f"database {database!r} has no secure connect bundle", "is it active?", "look at the portal")
    if region and region not in regions:
        told = f"it has: {', '.join(sorted(regions))}"
        raise ConfigError(f"database {database!r} has no region {region!r}", told, "correct source.region")
    return regions[region] if region else next(iter(regions.values()))


def download(link: str, limits: Limits = LIMITS) -> bytes:
    """Fetch a bundle; what passes is waited out.

    Raises:
        UnreachableError: It could not be fetched; the link is not told.
    """
    _check_address(link)
    host = urllib.parse.urlsplit(link).netloc
    try:
        return _waited(lambda: _opened(urllib.request.Request(link), limits), host)  # noqa: S310 - checked above
    except urllib.error.HTTPError as error:
        raise UnreachableError("the secure connect bundle could not be fetched", f"HTTP {error.code}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UnreachableError("the secure connect bundle could not be fetched", type(error).__name__) from None


def _waited(call: Callable[[], T], host: str) -> T:
    return current().run(call, _verdict_of, host=host, what="the secure connect bundle")


def _opened(request: urllib.request.Request, limits: Limits) -> bytes:
    """Make a request; give the whole answer."""
    opener = urllib.request.build_opener(_NoRedirect, *network.paced_handlers(limits))
    try:
        with opener.open(request, timeout=min(SECONDS, limits.total)) as answer:
            return network.whole(answer, LARGEST)
    except urllib.error.HTTPError as error:
        error.close()
        raise


def _verdict_of(error: Exception) -> Verdict:
    if isinstance(error, urllib.error.HTTPError):
        if error.code == TOO_MANY:
            return Verdict.THROTTLED
        return Verdict.PASSING if error.code in BUSY else Verdict.FINAL
    # an answer that is no JSON is one of something in between that is being started
    return Verdict.PASSING if isinstance(error, json.JSONDecodeError) else network.verdict_of(error)


def _regions(links: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """Take the links out of an answer: one for each region, or one alone."""
    each = links if isinstance(links, list) else [links]
    found = [bundle for bundle in each if isinstance(bundle, dict) and isinstance(bundle.get("downloadURL"), str)]
    return {str(bundle.get("region", "")): bundle["downloadURL"] for bundle in found}


def _id_of(api: Api, name: str) -> str:
    """Find a database by name."""
    found, names = [], []
    for database in _databases(api):
        its = str((database.get("info") or {}).get("name", ""))
        names.append(its)
        if its == name:
            found.append(str(database["id"]))
    if len(found) > 1:
        why = f"their ids are {', '.join(sorted(found))}"
        raise ConfigError(f"Astra has {len(found)} databases {name!r}", why, "give one of these as source.database")
    if not found:
        told = f"there are: {', '.join(sorted(names)[:10])}" if names else "the token sees no database at all"
        raise ConfigError(f"Astra knows no database {name!r}", told, "give its name or its id as source.database")
    return found[0]


def _databases(api: Api) -> Iterator[dict[str, Any]]:
    """List all databases, page by page."""
    after = ""
    while True:
        query = {"limit": PAGE, **({"starting_after": after} if after else {})}
        page = api.call(f"/v2/databases?{urllib.parse.urlencode(query)}")
        yield from page
        if len(page) < PAGE or str(page[-1]["id"]) == after:
            return
        after = str(page[-1]["id"])


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return "-" in text


def _refused(code: int, where: str) -> Exception:
    if code in DENIED:
        return ConfigError("Astra refuses the token", f"{where} answered {code}: it is wrong or expired", NEW_TOKEN)
    if code == NOT_FOUND:
        return LookupError(where)
    what = f"Astra's DevOps API at {where} failed"
    if code in BUSY:
        return UnreachableError(what, f"it answered {code}", "try again")
    return ConfigError(what, f"it answered {code}", "check source.devops_url and source.database")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: urllib would take the token along, to whatever host."""

    def redirect_request(self, *_: object) -> None:
        return None


def _text_of(error: Exception) -> str:
    """Say what is wrong without what was sent."""
    if isinstance(error, OSError):
        return str(error)
    return "its answer is no JSON" if isinstance(error, ValueError) else type(error).__name__


def _check_address(url: str) -> None:
    """Send nothing over an open line: HTTPS, or this machine itself."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ConfigError("source.devops_url would send the token unencrypted", hint="write https://")
