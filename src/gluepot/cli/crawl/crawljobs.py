"""What `gluepot crawler` does once its options are known; heavy imports come when they are used."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from gluepot.cli import prompts, say
from gluepot.cli.aws import resources
from gluepot.cli.crawl import crawls
from gluepot.cli.hiding import remember
from gluepot.cli.reporting import INTERRUPTED, told_end
from gluepot.cli.start import newfile

if TYPE_CHECKING:
    from pathlib import Path

    from gluepot.aws.clients import Clients
    from gluepot.crawler.crawlerfile import CrawlerFile

INCOMPLETE = 3


def plan(path: Path, *, as_json: bool) -> int:
    """Plan; the exit code is that of what stands in the way of an apply."""
    file = _read(path)
    from gluepot.crawler import crawl  # noqa: PLC0415 - lazy: start-up

    with crawls.Listing() as listing:
        planned = crawl.plan(file, crawl.open_account(file), listing)
    if as_json:
        say.data_json(crawls.plan_answer(planned))
    else:
        crawls.show_plan(file, planned)
    code = resources.warned(planned.changes)
    if not code:
        say.hint(f"gluepot crawler apply -c {path}")
    return code


def apply(path: Path, *, force: bool, as_json: bool) -> int:
    """Apply; 3 where something failed or was left as somebody changed it."""
    file = _read(path)
    from gluepot.crawler import crawl  # noqa: PLC0415 - lazy: start-up

    done = crawl.apply(
        file, crawl.open_account(file), force=force, watcher=functools.partial(resources.tell_done, as_json=as_json)
    )
    code = resources.answered(done, as_json=as_json)
    if any(resource.outcome == "drifted" for resource in done):
        say.hint(f"gluepot crawler plan -c {path} shows what was changed by hand; apply --force sets it back")
        code = code or INCOMPLETE
    if not code:
        say.hint(f"gluepot crawler run -c {path}")
    return code


def run(path: Path, *, detach: bool, as_json: bool) -> int:
    """Crawl; with `detach` only start it."""
    file = _read(path)
    from gluepot.crawler import crawl, running  # noqa: PLC0415 - lazy: start-up

    clients = crawl.open_account(file)
    if detach:
        running.start(clients, file.name)
        say.answer({"crawler": file.name, "state": "RUNNING"}, f"{file.name} is crawling", as_json=as_json)
        say.hint(f"gluepot crawler status -c {path}")
        return 0
    try:
        with crawls.Crawling(file.name) as watcher:
            crawled = crawl.run(file, clients, watcher)
    except KeyboardInterrupt as signalled:
        return _interrupted(signalled, file, clients, path)
    for line in crawled.complaints:
        say.warn(line)
    if as_json:
        say.data_json(crawls.run_answer(file, crawled))
    else:
        crawls.show_crawl(file, crawled)
    if crawled.crawl.state != "COMPLETED" or crawled.complaints:
        return INCOMPLETE
    say.hint(f"gluepot crawler status -c {path}")
    return 0


def stop(path: Path, *, as_json: bool) -> int:
    """Stop a crawl, and wait until it has."""
    file = _read(path)
    from gluepot.crawler import crawl, running  # noqa: PLC0415 - lazy: start-up

    clients = crawl.open_account(file)
    was = running.stop(clients, file.name)
    if was:
        running.wait(clients, file.name)
    text = f"the crawl of {file.name} is stopped; tables that it has written stay" if was else "it is not crawling"
    say.answer({"crawler": file.name, "stopped": was}, text, as_json=as_json)
    return 0


def status(path: Path, *, as_json: bool) -> int:
    """Tell how a crawler stands; 3 where its last crawl failed."""
    file = _read(path)
    from gluepot.crawler import crawl  # noqa: PLC0415 - lazy: start-up

    found = crawl.status(file, crawl.open_account(file))
    if as_json:
        say.data_json(crawls.status_answer(file, found))
    else:
        crawls.show_status(file, found)
    return INCOMPLETE if found.crawls and found.crawls[0].state == "FAILED" else 0


def destroy(path: Path, *, data: bool, yes: bool, as_json: bool) -> int:
    """Remove; asks first, and without a terminal only does it with `yes`."""
    file = _read(path)
    from gluepot.crawler import crawl  # noqa: PLC0415 - lazy: start-up

    what = f"the crawler {file.name} and its role" + (f", and the database {file.database}" if data else "")
    if not yes and not prompts.may_remove(what):
        say.tell("nothing was removed")
        return 0
    return resources.answered(
        crawl.destroy(
            file, crawl.open_account(file), data=data, watcher=functools.partial(resources.tell_done, as_json=as_json)
        ),
        as_json=as_json,
    )


def init(out: Path, *, as_json: bool) -> int:
    """Write a commented file, in the language of its suffix; `-` prints it."""
    from gluepot.config.starterfile import style_of  # noqa: PLC0415 - lazy: start-up
    from gluepot.crawler.starter import example  # noqa: PLC0415 - lazy: start-up

    return newfile.start(out, style_of(out), example, "gluepot crawler plan", as_json=as_json)


def _read(path: Path) -> CrawlerFile:
    from gluepot.crawler.readfile import read  # noqa: PLC0415 - lazy: start-up

    file = read(path)
    remember(file)
    return file


def _interrupted(signalled: KeyboardInterrupt, file: CrawlerFile, clients: Clients, path: Path) -> int:
    """Ask whether the crawl is to stop too; it runs in AWS, whatever happens here."""
    from gluepot.crawler import running  # noqa: PLC0415 - lazy: start-up

    code = told_end(signalled, f"{file.name} goes on crawling in AWS")
    if code == INTERRUPTED and prompts.can_ask() and prompts.confirmed("Stop it too?"):
        running.stop(clients, file.name)
        say.tell("it has been asked to stop; tables that it has written stay")
    else:
        say.hint(f"gluepot crawler status -c {path}, or: gluepot crawler stop -c {path}")
    return code
