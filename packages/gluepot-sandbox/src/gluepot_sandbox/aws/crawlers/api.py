"""The calls of the crawler API, with crawls that run for as long as `latency_of["Crawl"]` says, in milliseconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from gluepot_sandbox.aws import roles
from gluepot_sandbox.aws.answers import RefusalError, json_answer
from gluepot_sandbox.aws.crawlers.run import Crawl
from gluepot_sandbox.aws.crawlers.state import Crawler, is_refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot_sandbox.aws.answers import Answer
    from gluepot_sandbox.aws.crawlers.state import CrawlRecord
    from gluepot_sandbox.aws.glue import GlueCall
    from gluepot_sandbox.aws.state import State

TAGS: Final = {"GetTags", "TagResource", "UntagResource"}
TRUST: Final = "glue.amazonaws.com"
STEP: Final = 0.05
"""Seconds between two looks whether a crawl is to stop."""


def is_ours(call: GlueCall) -> bool:
    """Tell whether a call is about crawlers."""
    if call.operation in TAGS:
        return ":crawler/" in str(call.parameters.get("ResourceArn"))
    return call.operation in OPERATIONS


def answer(state: State, call: GlueCall) -> Answer:
    """Answer a call; moto has been started."""
    result = OPERATIONS[call.operation](state, call)
    state.check("glue", call.operation, result)
    return json_answer(result)


def create(state: State, call: GlueCall) -> dict[str, Any]:
    """Create a crawler."""
    name = str(call.parameters["Name"])
    if (call.account, call.region, name) in state.crawlers:
        raise RefusalError("AlreadyExistsException", f"Crawler with name {name} already exists")
    given = dict(call.parameters)
    tags = given.pop("Tags", {})
    _check(call, given)
    made = Crawler(call.account, call.region, name, given, dict(tags))
    state.crawlers[call.account, call.region, name] = made
    return {}


def update(state: State, call: GlueCall) -> dict[str, Any]:
    """Change what a crawler is told."""
    crawler = _find(state, call)
    if crawler.state != "READY":
        raise RefusalError("CrawlerRunningException", f"Crawler with name {crawler.name} is running")
    given = {**crawler.given, **call.parameters}
    _check(call, given)
    crawler.given = given
    crawler.version += 1
    return {}


def get(state: State, call: GlueCall) -> dict[str, Any]:
    """Give one crawler."""
    return {"Crawler": _find(state, call).record()}


def get_all(state: State, call: GlueCall) -> dict[str, Any]:
    """Give all crawlers."""
    return {"Crawlers": [crawler.record() for crawler in _of(state, call)]}


def list_all(state: State, call: GlueCall) -> dict[str, Any]:
    """Name all crawlers, or those with some tags."""
    wanted = (call.parameters.get("Tags") or {}).items()
    return {"CrawlerNames": [crawler.name for crawler in _of(state, call) if wanted <= crawler.tags.items()]}


def delete(state: State, call: GlueCall) -> dict[str, Any]:
    """Delete a crawler."""
    crawler = _find(state, call)
    if crawler.state != "READY":
        raise RefusalError("CrawlerRunningException", f"Crawler with name {crawler.name} is running")
    del state.crawlers[call.account, call.region, crawler.name]
    return {}


def start(state: State, call: GlueCall) -> dict[str, Any]:
    """Start a crawl; it goes on when this has answered."""
    crawler = _find(state, call)
    if crawler.state != "READY":
        raise RefusalError("CrawlerRunningException", f"Crawler with name {crawler.name} has already started")
    crawl = crawler.begin()
    seconds = state.settings.latency_of.get("Crawl", 0.0) / 1000
    task = asyncio.get_running_loop().create_task(_crawl(crawler, crawl, seconds))
    state.tasks.add(task)
    task.add_done_callback(state.tasks.discard)
    return {}


def stop(state: State, call: GlueCall) -> dict[str, Any]:
    """Stop a crawl."""
    crawler = _find(state, call)
    if crawler.state == "READY":
        raise RefusalError("CrawlerNotRunningException", f"Crawler with name {crawler.name} isn't running")
    if crawler.state == "STOPPING":
        raise RefusalError("CrawlerStoppingException", f"Crawler with name {crawler.name} is stopping")
    crawler.state = "STOPPING"
    return {}


def crawls(state: State, call: GlueCall) -> dict[str, Any]:
    """List a crawler's crawls, the newest first."""
    history = _find(state, call, "CrawlerName").history()
    most = int(call.parameters.get("MaxResults") or 20)
    at = int(call.parameters.get("NextToken") or 0)
    token = {"NextToken": str(at + most)} if at + most < len(history) else {}
    return {"Crawls": history[at : at + most], **token}


def metrics(state: State, call: GlueCall) -> dict[str, Any]:
    """Give what crawlers did so far."""
    names = call.parameters.get("CrawlerNameList") or [crawler.name for crawler in _of(state, call)]
    return {"CrawlerMetricsList": [crawler.metrics() for crawler in _of(state, call) if crawler.name in names]}


def get_tags(state: State, call: GlueCall) -> dict[str, Any]:
    """Give a crawler's tags."""
    return {"Tags": _tagged(state, call).tags}


def tag(state: State, call: GlueCall) -> dict[str, Any]:
    """Add tags to a crawler."""
    _tagged(state, call).tags.update(call.parameters["TagsToAdd"])
    return {}


def untag(state: State, call: GlueCall) -> dict[str, Any]:
    """Take tags from a crawler."""
    crawler = _tagged(state, call)
    for key in call.parameters["TagsToRemove"]:
        crawler.tags.pop(key, None)
    return {}


OPERATIONS: Final[dict[str, Callable[[State, GlueCall], dict[str, Any]]]] = {
    "CreateCrawler": create,
    "UpdateCrawler": update,
    "GetCrawler": get,
    "GetCrawlers": get_all,
    "ListCrawlers": list_all,
    "DeleteCrawler": delete,
    "StartCrawler": start,
    "StopCrawler": stop,
    "ListCrawls": crawls,
    "GetCrawlerMetrics": metrics,
    "GetTags": get_tags,
    "TagResource": tag,
    "UntagResource": untag,
}


async def _crawl(crawler: Crawler, crawl: CrawlRecord, seconds: float) -> None:
    while seconds > 0 and crawler.state == "RUNNING":
        await asyncio.sleep(min(seconds, STEP))
        seconds -= STEP
    if crawler.state == "RUNNING":
        await asyncio.to_thread(Crawl(crawler, crawl.report).run)
    crawl.report.send(crawler.account, crawler.region, crawler.name)
    crawler.end(crawl)


def _check(call: GlueCall, given: dict[str, Any]) -> None:
    refused = is_refused(given)
    if refused:
        raise RefusalError("InvalidInputException", refused)
    role = roles.find(call.account, str(given["Role"]))
    if role is None or not roles.trusts(role, TRUST):
        message = "Service is unable to assume provided role. Please verify role's TrustPolicy"
        raise RefusalError("InvalidInputException", message)


def _find(state: State, call: GlueCall, key: str = "Name") -> Crawler:
    name = str(call.parameters[key])
    found = state.crawlers.get((call.account, call.region, name))
    if found is None:
        raise RefusalError("EntityNotFoundException", f"Crawler with name {name} does not exist")
    return found


def _tagged(state: State, call: GlueCall) -> Crawler:
    arn = str(call.parameters["ResourceArn"])
    found = state.crawlers.get((call.account, call.region, arn.rpartition(":crawler/")[2]))
    if found is None:
        raise RefusalError("EntityNotFoundException", f"{arn} does not exist")
    return found


def _of(state: State, call: GlueCall) -> list[Crawler]:
    where = (call.account, call.region)
    return [crawler for (account, region, _), crawler in sorted(state.crawlers.items()) if (account, region) == where]
