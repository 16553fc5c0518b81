"""Crawlers of Glue.

`wanted` is what CreateCrawler takes without name and tags, with `Configuration` as data in place of its JSON text
(https://docs.aws.amazon.com/glue/latest/webapi/API_CreateCrawler.html).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import BusyError, ScopeError
from gluepot.provision.kinds.gluetags import add_tags, tags_of
from gluepot.provision.resource import ExistingResource
from gluepot.provision.waiting import once_assumable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gluepot.aws.clients import Clients
    from gluepot.provision.resource import Plain, Resource

USUAL: Final[dict[str, Any]] = {
    "Description": "",
    "TablePrefix": "",
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
}
"""What Glue does with a crawler that was not told."""

FURTHER: Final = ("Classifiers", "CrawlerSecurityConfiguration")
"""What gluepot sets to nothing, and somebody may have added."""


def read(clients: Clients, resource: Resource) -> ExistingResource | None:
    """Find it."""
    arn = _arn(clients, resource)
    answer = clients.find("glue", "GetCrawler", arn, Name=resource.name)
    if answer is None:
        return None
    crawler = answer["Crawler"]
    state = {
        "Role": crawler["Role"].rpartition("/")[2],  # a name or an ARN, as it was given
        "DatabaseName": crawler.get("DatabaseName", ""),
        "Targets": {
            kind: [_target(target) for target in held] for kind, held in crawler.get("Targets", {}).items() if held
        },
        "Schedule": crawler.get("Schedule", {}).get("ScheduleExpression", ""),
        "Configuration": json.loads(crawler.get("Configuration") or '{"Version": 1.0}'),
        **{key: crawler.get(key) or usual for key, usual in USUAL.items()},
        **{key: crawler[key] for key in FURTHER if crawler.get(key)},
    }
    return ExistingResource(state, tags_of(clients, arn))


def create(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Make it, as soon as Glue can assume the role."""
    given = {**_sent(resource.wanted), "Tags": dict(tags)}
    if not given["Schedule"]:
        del given["Schedule"]
    once_assumable(lambda: clients.call("glue", "CreateCrawler", _arn(clients, resource), Name=resource.name, **given))


def update(clients: Clients, resource: Resource, found: ExistingResource) -> None:
    """Make it what is wanted; what somebody added is set to nothing.

    Raises:
        BusyError: It is crawling: then Glue changes nothing.
    """
    empty = {key: [] if key == "Classifiers" else "" for key in FURTHER if key in found.state}
    given = {**_sent(resource.wanted), **empty}
    arn = _arn(clients, resource)
    _idle(resource, "changed", lambda: once_assumable(lambda: _update(clients, arn, resource.name, given)))


def delete(clients: Clients, resource: Resource) -> None:
    """Remove it; the tables that it made stay.

    Raises:
        BusyError: It is crawling.
    """
    arn = _arn(clients, resource)
    _idle(resource, "removed", lambda: clients.find("glue", "DeleteCrawler", arn, Name=resource.name))


def tag(clients: Clients, resource: Resource, tags: Mapping[str, str]) -> None:
    """Add tags."""
    add_tags(clients, _arn(clients, resource), tags)


def _update(clients: Clients, arn: str, name: str, given: Mapping[str, Any]) -> object:
    return clients.call("glue", "UpdateCrawler", arn, Name=name, **given)


def _idle(resource: Resource, done: str, call: Callable[[], object]) -> None:
    try:
        call()
    except ScopeError as error:
        if error.code != "CrawlerRunningException":
            raise
        hint = "wait for the end of its crawl, or stop it: gluepot crawler stop; then run again"
        raise BusyError(f"{resource} cannot be {done}", "it is crawling", hint) from error


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    return {"Exclusions": [], **target} if "Path" in target else dict(target)


def _sent(wanted: Plain) -> dict[str, Any]:
    return {**wanted, "Configuration": json.dumps(wanted["Configuration"], sort_keys=True)}


def _arn(clients: Clients, resource: Resource) -> str:
    return clients.arn("glue", f"crawler/{resource.name}")
