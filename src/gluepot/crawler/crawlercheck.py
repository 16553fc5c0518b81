"""What cannot be in a crawler's file, told before AWS would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gluepot.aws.statements import BUCKET
from gluepot.crawler import patterns, schedule

if TYPE_CHECKING:
    from gluepot.config.reading import Reading
    from gluepot.crawler.crawlerfile import CrawlerFile, Target

NAME: Final = re.compile(r"[\w.-]{1,200}", re.ASCII)
"""Narrower than Glue's own rule: a name that every console, shell and log stream takes as it is."""

DATABASE: Final = re.compile(r"[a-z0-9_-]{1,255}", re.ASCII)
ROLE: Final = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
"""IAM user guide, "IAM identifiers"."""

_BEST: Final = 'AWS lets a crawler of new folders only add partitions: leave it out, or say recrawl = "everything"'


def check(file: CrawlerFile, reading: Reading) -> None:
    """Note everything that is wrong."""
    _names(file, reading)
    _targets(file, reading)
    _behaviour(file, reading)
    if file.schedule and not reading.has("schedule"):
        wrong = schedule.problem(file.schedule)
        if wrong:
            reading.add(
                "schedule", wrong, 'write it like "cron(15 2 * * ? *)": minutes, hours, day, month, weekday, year'
            )


def split(path: str) -> tuple[str, str]:
    """Split `s3://BUCKET/PREFIX` into bucket and prefix, the latter without slashes around it."""
    bucket, _, prefix = path.removeprefix("s3://").partition("/")
    return bucket, prefix.strip("/")


def _names(file: CrawlerFile, reading: Reading) -> None:
    if file.name and not NAME.fullmatch(file.name):
        reading.add("name", "must be 1 to 200 letters, digits, '.', '_' or '-'")
    if file.database and not DATABASE.fullmatch(file.database):
        reading.add("database", "must be lower-case letters, digits, '_' or '-'", "Glue and Athena store it so")
    if file.role.startswith("arn:"):
        reading.add("role", "must be a role's name, not an ARN", f"write {file.role.rpartition('/')[2]!r}")
    elif not ROLE.fullmatch(file.role_name) and not reading.has("name"):
        reading.add("role", "must be 1 to 64 letters, digits or any of + = , . @ _ -")


def _targets(file: CrawlerFile, reading: Reading) -> None:
    if not file.targets and not reading.has("targets"):
        reading.add("targets", "names no prefix", 'add [[targets]] with path = "s3://BUCKET/PREFIX"')
    seen: dict[str, int] = {}
    for number, target in enumerate(file.targets):
        _target(target, f"targets[{number}]", reading)
        place = "/".join(split(target.path)) + "/"
        for other, at in seen.items():
            if place.startswith(other) or other.startswith(place):
                problem = f"holds, or lies in, targets[{at}]: its files would be crawled twice"
                reading.add(f"targets[{number}].path", problem)
        seen[place] = number


def _target(target: Target, at: str, reading: Reading) -> None:
    bucket, prefix = split(target.path)
    if not target.path.startswith("s3://") or not BUCKET.fullmatch(bucket) or re.search(r"[*?${}]", prefix):
        reading.add(f"{at}.path", f"is no place in S3: {target.path!r}", "write it like s3://BUCKET/PREFIX")
    for number, pattern in enumerate(target.exclude):
        try:
            patterns.expression(pattern)
        except ValueError as error:
            reading.add(f"{at}.exclude[{number}]", f"cannot be read: {error}")
        if pattern.startswith(("/", "s3://")):
            problem = "begins at the top, and patterns begin behind path"
            reading.add(f"{at}.exclude[{number}]", problem, f"write {pattern.removeprefix('s3://').lstrip('/')!r}")


def _behaviour(file: CrawlerFile, reading: Reading) -> None:
    if file.recrawl != "new_folders":
        return
    for key in ("update", "delete"):
        chosen = getattr(file.schema_change, key)
        if chosen not in {"", "log"}:
            reading.add(f"schema_change.{key}", f'cannot be {chosen!r} with recrawl = "new_folders"', _BEST)
