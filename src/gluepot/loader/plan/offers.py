"""Lines that a plan offers, added to the plan file in place: comments and layout stay as they are.

A text is edited only where the result, read again, is the plan with those lines and nothing else changed. Where no
edit is known to do that, the lines are told, and the file stays as it is.
"""

from __future__ import annotations

import copy
import json
import re
import stat
from typing import TYPE_CHECKING, Any, Final

from gluepot.config import yamledit
from gluepot.config.load import read_text
from gluepot.config.parse import parse
from gluepot.errors import ConfigError
from gluepot.files import write_atomically
from gluepot.loader.plan.refusal import bare, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gluepot.loader.plan.refusal import Refusal


def add(path: Path, offers: Sequence[Refusal]) -> None:
    """Add offered lines to a plan file, all or none of them.

    Args:
        path: The plan file.
        offers: What is offered.

    Raises:
        ConfigError: The file has a form to which they cannot be added safely; they are told instead.
        OutputError: The file cannot be written.
    """
    target = path.resolve()  # a link stays one
    new = read_text(path)
    for offer in offers:
        edited = _edited(path, new, offer)
        if edited is None:
            lines = "".join(f"\n  {line}" for one in offers for line in told(path, one))
            hint = "add them yourself, then run gluepot load plan again"
            raise ConfigError(f"the lines could not be added to {path}", lines, hint)
        new = edited
    write_atomically(target, new.encode(), stat.S_IMODE(target.stat().st_mode))


def told(path: Path, offer: Refusal) -> tuple[str, ...]:
    """Write an offer as people would add it to a file of this kind."""
    match path.suffix.lower():
        case ".toml":
            return (f"[table.{bare(offer.table)}]", offer.offer)
        case ".json":
            return (json.dumps({"table": {offer.table: {offer.key: {offer.name: offer.value}}}}, ensure_ascii=False),)
        case _:
            return tuple(yamledit.lines(_way(offer), offer.value, offer.reason))


def _way(offer: Refusal) -> tuple[str, ...]:
    return ("table", offer.table, offer.key, offer.name)


def _edited(path: Path, old: str, offer: Refusal) -> str | None:
    """Give the text with one more line; None where no edit does exactly that."""
    wanted = copy.deepcopy(parse(path, old))
    place = wanted
    for name in _way(offer)[:-1]:
        if not isinstance(place.setdefault(name, {}), dict):
            return None
        place = place[name]
    if offer.name in place:
        return None
    place[offer.name] = offer.value
    return next((new for new in _EDITS[path.suffix.lower()](old, offer) if _reads_as(path, new, wanted)), None)


def _reads_as(path: Path, new: str, wanted: dict[str, Any]) -> bool:
    try:
        return parse(path, new) == wanted
    except ConfigError:
        return False


def _toml(old: str, offer: Refusal) -> Iterator[str]:
    """Below the heading that is nearest to it, within an inline table, or under a heading of its own at the end."""
    own = f"{bare(offer.name)} = {text(offer.value)}"
    yield from _below(old, (offer.table, offer.key), f"{own}  # {offer.reason}")
    yield from _below(old, (offer.table,), offer.offer)
    inline = re.compile(rf"^([ \t]*{offer.key}[ \t]*=[ \t]*\{{[ \t]*)", re.MULTILINE)
    for found in inline.finditer(old):
        rest = old[found.end() :]
        comma = "" if rest.startswith("}") else ", "
        yield f"{old[: found.end()]}{own}{comma}{rest}"
    end = _end_of_line(old)
    gap = "" if not old or old.endswith(end * 2) else end if old.endswith(end) else end * 2
    yield f"{old}{gap}[table.{bare(offer.table)}]{end}{offer.offer}{end}"


def _below(old: str, path: tuple[str, ...], line: str) -> Iterator[str]:
    """Put a line at the end of the section of a heading, or right behind the heading."""
    spelled = (f"(?:{re.escape(bare(name))}|{re.escape(text(name))}|{re.escape(repr(name))})" for name in path)
    dotted = r"[ \t]*\.[ \t]*".join(("table", *spelled))
    end = _end_of_line(old)
    for heading in re.finditer(rf"^([ \t]*)\[[ \t]*{dotted}[ \t]*\][^\n]*(?:\n|\Z)", old, re.MULTILINE):
        following = re.search(r"^[ \t]*\[", old[heading.end() :], re.MULTILINE)
        section = old[heading.end() : heading.end() + following.start()] if following else old[heading.end() :]
        last = len(_BLANK.sub("", section))
        for place in (heading.end() + last, heading.end()):
            before = old[:place]
            gap = "" if before.endswith("\n") else end
            yield f"{before}{gap}{heading[1]}{line}{end}{old[place:]}"


_BLANK: Final = re.compile(r"(?:^[ \t\r]*(?:#[^\n]*)?(?:\n|\Z))+\Z", re.MULTILINE)
"""Lines at the end of a section that are empty or only say something: they may be about the next."""


def _end_of_line(old: str) -> str:
    return "\r\n" if "\r\n" in old else "\n"


def _json(old: str, offer: Refusal) -> Iterator[str]:
    """JSON has no comments to keep; its indentation is kept."""
    value: dict[str, Any] = json.loads(old)
    place = value
    for name in _way(offer)[:-1]:
        place = place.setdefault(name, {})
    place[offer.name] = offer.value
    indent = re.search(r"\n([ \t]+)\S", old)
    yield json.dumps(value, indent=indent[1] if indent else None, ensure_ascii=False) + ("\n" * old.endswith("\n"))


def _yaml(old: str, offer: Refusal) -> Iterator[str]:
    yield from yamledit.added(old, _way(offer), offer.value, offer.reason)


_EDITS: Final[dict[str, Callable[[str, Refusal], Iterator[str]]]] = {
    ".toml": _toml,
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
}
"""Suffix to what edits such a text; each gives what it would try, the best first."""
