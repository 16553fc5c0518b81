"""From a task's arguments to the collector's configuration: file or mapping, connections, its part of the whole."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from gluepot.airflow import connections
from gluepot.collector.hwm import format_mark, parse_mark
from gluepot.collector.settings import account_id_of, place_at
from gluepot.config import Config, from_mapping, load_plain
from gluepot.config.model import StoreAccess
from gluepot.errors import ConfigError
from gluepot.landing import Landing
from gluepot.landing.location import is_url
from gluepot.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gluepot.airflow.connections import Conn

Spread = Literal["accounts", "regions"]

CONN_KEY: Final = "aws_conn_id"
"""A key that an account may have here beside those of a configuration file: its own connection."""


class Collector(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the tasks of one collection share. Plain data without secrets: Airflow shows it.

    Args:
        config: The configuration's file on the workers, or its keys; secrets are references or come by connection.
        staging: Where files lie between the tasks: a landing URL, or a folder that all workers see.
        name: The name under which marks and generations are kept.
        full: Whether everything is written, whatever has changed.
        aws_conn_id: The connection that reads the catalog; else the worker's own identity.
        landing_conn_id: The connection that opens the landing.
        staging_conn_id: The connection that opens `staging`; else as for marks.
        hwm_conn_id: The connection that opens `hwm` and `state`; else the landing's or the worker's own.
    """

    config: str | dict[str, Any]
    staging: str
    name: str = "glue"
    full: bool = False
    aws_conn_id: str = ""
    landing_conn_id: str = ""
    staging_conn_id: str = ""
    hwm_conn_id: str = ""


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a collection that is spread over workers: an account, or one region of it.

    Args:
        label: What Airflow's pages call it.
        name: The name under which its marks and generations are kept.
        account: The account: its place in the configuration's `accounts`, or the entry itself; None for no accounts.
        region: The region; empty for all of the account's.
        at: Its number among the parts of its server.
        of: How many these are: end marks of parts of one server are never the same.
    """

    label: str
    name: str
    account: int | dict[str, Any] | None = None
    region: str = ""
    at: int = 0
    of: int = 1


class Work(msgspec.Struct, frozen=True):
    """What one task works with.

    Args:
        config: The configuration, with what the connections gave.
        name: The name of its marks.
        place: Where files lie between the tasks.
    """

    config: Config
    name: str
    place: Landing


def check_plain(collector: Collector) -> None:
    """Refuse, while the DAG is read, what no run of it could use.

    Raises:
        ConfigError: A secret is written in the DAG, a place is none that workers share, or the keys are wrong.
    """
    _check_shared("staging", collector.staging)
    if isinstance(collector.config, dict):
        refuse_secrets(_without_conn_ids(collector.config), "config")
        _check_places(from_mapping(_without_conn_ids(collector.config), "config"))


def _check_places(config: Config) -> None:
    """Refuse relative paths: what is written there would be gone with the worker, and every run a full snapshot.

    Raises:
        ConfigError: There is one.
    """
    _check_shared("hwm", config.hwm)
    _check_shared("state", config.state or config.hwm)
    for target in config.targets():
        if target.landing is not None:
            _check_shared("landing.url", target.landing.url)


def _check_shared(what: str, location: str) -> None:
    if not is_url(location) and not Path(location).expanduser().is_absolute():
        hint = "write a URL as s3://BUCKET/PREFIX, or the full path of a folder that all workers see"
        raise ConfigError(f"{what} is {location!r}", "workers have different current directories", hint)


def refuse_secrets(plain: Mapping[str, Any], what: str) -> None:
    """Refuse secrets that are written out: whoever reads the DAG or Airflow's pages would read them.

    Raises:
        ConfigError: There is one; its key is named. Or the keys are wrong.
    """
    for at, secret in _secrets(from_mapping(plain, what), ""):
        if not secret.reference:
            hint = "name an Airflow connection, or write a reference: env:NAME, file:PATH, secretsmanager:NAME#field"
            raise ConfigError(f"a secret is written into the DAG: {what}.{at}", "DAGs and pages show it", hint)


def work_of(collector: Collector, split: Split | None = None, get: Callable[[str], Conn] = connections.get) -> Work:
    """Resolve what a task works with: the configuration, the connections, its part.

    Raises:
        ConfigError: The configuration, a connection, or what both say together cannot be.
    """
    plain = plain_of(collector)
    if split is not None:
        plain = _narrowed(plain, split)
    plain = _connected(plain, collector, get)
    config = from_mapping(plain, collector.config if isinstance(collector.config, str) else "config")
    _check_places(config)
    access = None
    if collector.staging_conn_id:
        keys = connections.store_keys(get(collector.staging_conn_id), collector.staging, "staging")
        access = StoreAccess(**_revealed(keys))
    place = place_at(config, collector.staging, access)
    return Work(config, split.name if split else collector.name, place)


def plain_of(collector: Collector) -> dict[str, Any]:
    """Read the configuration as the plain mapping it is written as."""
    if isinstance(collector.config, str):
        return load_plain(collector.config)
    return copy.deepcopy(collector.config)


def splits_of(collector: Collector, spread: Spread, accounts: list[dict[str, Any]] | None = None) -> list[Split]:
    """Lay out the parts of a collection.

    Args:
        collector: The whole.
        spread: One part for each account, or for each region of each account.
        accounts: The accounts, in place of those of the configuration.

    Raises:
        ConfigError: An account holds a secret, or all parts would share one mark.
    """
    plain = plain_of(collector)
    if accounts is not None:
        if not accounts:
            raise ConfigError("no account is given", "the list of accounts is empty", "look at what gives it")
        plain["accounts"] = accounts
        refuse_secrets({"accounts": [_without_conn_id(account) for account in accounts]}, "the given")
    config = from_mapping(_without_conn_ids(plain))
    if config.hwm.endswith(".txt"):
        hint = "name a directory: each part has its own file there"
        raise ConfigError(f"hwm is the one file {config.hwm}", "each part of a spread collection has a mark", hint)
    found: list[Split] = []
    for index, target in enumerate(config.targets()):
        account = (accounts[index] if accounts is not None else index) if config.accounts else None
        label = target.server or (f"{told}_glue" if (told := account_id_of(target)) else f"account{index + 1}")
        regions = target.regions if spread == "regions" else ("",)
        found += [
            Split(
                label=f"{label} {region}".rstrip(),
                name=_name(collector.name, label, region),
                account=account,
                region=region,
                at=at,
                of=len(regions),
            )
            for at, region in enumerate(regions)
        ]
    return found


def end_mark(start: str, split: Split | None, now: datetime | None = None) -> str:
    """Choose the mark that a part reaches: this second, or one of the last few, which no part of its server shares.

    Files of one server carry the mark in their names and go to one landing; each part has the seconds that leave its
    own remainder. The mark lies behind `start`, where that is not in the future.
    """
    at, of = (split.at, split.of) if split else (0, 1)
    seconds = int((now or datetime.now(UTC)).timestamp())
    end = seconds - (seconds - at) % of
    begun = int(parse_mark(start).timestamp())
    if end <= begun <= seconds + of:
        end += ((begun - end) // of + 1) * of
    return format_mark(datetime.fromtimestamp(end, UTC))


def _name(name: str, label: str, region: str) -> str:
    part = re.sub(r"[:\s]", "_", label)
    return f"{name}_{part}_{region}" if region else f"{name}_{part}"


def _narrowed(plain: dict[str, Any], split: Split) -> dict[str, Any]:
    """Keep the part's account and region alone."""
    if split.account is None:
        return {**plain, "regions": [split.region]} if split.region else plain
    entry = dict(plain["accounts"][split.account] if isinstance(split.account, int) else split.account)
    if split.region:
        entry["regions"] = [split.region]
    return {**plain, "accounts": [entry]}


def _connected(plain: dict[str, Any], collector: Collector, get: Callable[[str], Conn]) -> dict[str, Any]:
    """Put what the connections hold where a configuration file would hold it."""
    plain = _reached(plain, collector.aws_conn_id, get)
    if collector.landing_conn_id:
        landing = dict(plain.get("landing") or {})
        url = landing.get("url") or ""
        if not url:
            raise ConfigError("the configuration names no landing", "landing_conn_id opens it", "write landing.url")
        keys = connections.store_keys(get(collector.landing_conn_id), url, "the landing")
        plain["landing"] = merged(landing, keys, collector.landing_conn_id, "landing")
    if collector.hwm_conn_id:
        url = plain.get("hwm") or plain.get("state") or "."
        keys = connections.store_keys(get(collector.hwm_conn_id), url, "hwm")
        plain["hwm_access"] = merged(dict(plain.get("hwm_access") or {}), keys, collector.hwm_conn_id, "hwm_access")
    return plain


def _reached(plain: dict[str, Any], conn_id: str, get: Callable[[str], Conn]) -> dict[str, Any]:
    """Give each account the identity that its connection holds, or the one for all."""
    if not plain.get("accounts"):
        return _with_aws(plain, conn_id, get) if conn_id else plain
    shared = {"role": plain["role"]} if plain.get("role") else {}
    accounts = []
    for entry in plain["accounts"]:
        has_own = any(entry.get(name) for name in ("key", "secret", "profile"))
        chosen = entry.get(CONN_KEY) or ("" if has_own else conn_id)
        bare = _without_conn_id(entry)
        accounts.append(_with_aws({**shared, **bare}, chosen, get) if chosen else bare)
    return {**plain, "accounts": accounts}


def _with_aws(plain: dict[str, Any], conn_id: str, get: Callable[[str], Conn]) -> dict[str, Any]:
    keys = connections.aws_keys(get(conn_id))
    if region := keys.pop("region", ""):
        plain = {"regions": [region], **plain}
    return add_aws(plain, keys, conn_id, "config")


def add_aws(plain: Mapping[str, Any], keys: Mapping[str, Any], conn_id: str, what: str) -> dict[str, Any]:
    """Begin with a connection's identity; roles that are written are assumed from it.

    Args:
        plain: What is written.
        keys: What the connection gives.
        conn_id: The connection, for messages.
        what: What is written, for messages.

    Raises:
        ConfigError: Both say the same key.
    """
    steps = keys.get("role", [])
    region = {} if plain.get("region") else {"region": keys["region"]} if keys.get("region") else {}
    plainly = {name: value for name, value in keys.items() if name not in {"role", "region"}}
    added = merged(plain, {**plainly, **region}, conn_id, what)
    return {**added, "role": _chained(steps, plain.get("role"))} if steps else added


def _chained(steps: list[dict[str, Any]], role: Any) -> list[Any]:  # noqa: ANN401 - as a file may write it
    return [*steps, *([role] if isinstance(role, str) else role or [])]


def merged(plain: Mapping[str, Any], keys: Mapping[str, Any], conn_id: str, what: str) -> dict[str, Any]:
    """Add a connection's keys; one that is written as well would have to win or lose silently.

    Raises:
        ConfigError: A key is said twice.
    """
    for name, value in keys.items():
        if plain.get(name) not in (None, "", value):
            why = f"the connection {conn_id!r} gives it, and so does {what}"
            raise ConfigError(f"{what}.{name} is said twice", why, "leave one of the two out")
    return {**plain, **keys}


def _without_conn_ids(plain: Mapping[str, Any]) -> dict[str, Any]:
    accounts = plain.get("accounts")
    return {**plain, "accounts": [_without_conn_id(account) for account in accounts]} if accounts else dict(plain)


def _without_conn_id(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != CONN_KEY}


def _revealed(keys: Mapping[str, Any]) -> dict[str, Any]:
    secret = {"sas", "account_key", "key", "secret"}
    return {name: Secret(value) if name in secret else value for name, value in keys.items()}


def _secrets(value: Any, at: str) -> Iterator[tuple[str, Secret]]:  # noqa: ANN401 - any part of a configuration
    match value:
        case Secret():
            yield at, value
        case msgspec.Struct():
            for info in msgspec.structs.fields(value):
                yield from _secrets(getattr(value, info.name), f"{at}.{info.encode_name}" if at else info.encode_name)
        case tuple():
            for index, item in enumerate(value):
                yield from _secrets(item, f"{at}[{index}]")
