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

from gluepot.config import tomledit, yamledit
from gluepot.config.load import read_text
from gluepot.config.parse import parse
from gluepot.errors import ConfigError
from gluepot.files import write_atomically

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
            lines = "".join(f"\n  {line}" for offer in offers for line in lines_of(path, offer))
            hint = "add them yourself, then run gluepot load plan again"
            raise ConfigError(f"the lines could not be added to {path}", lines, hint)
        new = edited
    write_atomically(target, new.encode(), stat.S_IMODE(target.stat().st_mode))


def lines_of(path: Path, offer: Refusal) -> tuple[str, ...]:
    """Write an offer as people would add it to a file of this kind."""
    match path.suffix.lower():
        case ".toml":
            return (tomledit.heading(offer.way), offer.offer)
        case ".json":
            return (json.dumps({"table": {offer.table: {offer.key: {offer.name: offer.value}}}}, ensure_ascii=False),)
        case _:
            return tuple(yamledit.lines(offer.way, offer.value, offer.reason))


def _edited(path: Path, old: str, offer: Refusal) -> str | None:
    """Give the text with one more line; None where no edit does exactly that."""
    wanted = copy.deepcopy(parse(path, old))
    table = wanted
    for name in offer.way[:-1]:
        if not isinstance(table.setdefault(name, {}), dict):
            return None
        table = table[name]
    if offer.name in table:
        return None
    table[offer.name] = offer.value
    return next((new for new in _EDITS[path.suffix.lower()](old, offer) if _reads_as(path, new, wanted)), None)


def _reads_as(path: Path, new: str, wanted: dict[str, Any]) -> bool:
    try:
        return parse(path, new) == wanted
    except ConfigError:
        return False


def _json(old: str, offer: Refusal) -> Iterator[str]:
    """JSON has no comments to keep; its indentation is kept."""
    value: dict[str, Any] = json.loads(old)
    table = value
    for name in offer.way[:-1]:
        table = table.setdefault(name, {})
    table[offer.name] = offer.value
    indent = re.search(r"\n([ \t]+)\S", old)
    yield json.dumps(value, indent=indent[1] if indent else None, ensure_ascii=False) + ("\n" * old.endswith("\n"))


def _toml(old: str, offer: Refusal) -> Iterator[str]:
    yield from tomledit.added(old, offer.way, offer.value, offer.reason)


def _yaml(old: str, offer: Refusal) -> Iterator[str]:
    yield from yamledit.added(old, offer.way, offer.value, offer.reason)


_EDITS: Final[dict[str, Callable[[str, Refusal], Iterator[str]]]] = {
    ".toml": _toml,
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
}
"""Suffix to what edits such a text; each gives what it would try, the best first."""
