"""One key more in a TOML text, whose comments and layout stay as they are (docs/adr/0016)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_BLANK: Final = re.compile(r"(?:^[ \t\r]*(?:#[^\n]*)?(?:\n|\Z))+\Z", re.MULTILINE)
"""Lines at the end of a section that are empty or only say something: they may be about the next."""


def added(old: str, way: Sequence[str], value: str, reason: str) -> Iterator[str]:
    """Give texts with one key more, the best first; not each of them is one that reads as that.

    The key goes below the heading that is nearest to it, within an inline table, or under a heading of its own at
    the end.

    Args:
        old: The text.
        way: The key's path: at least the table's, the section's and its own name.
        value: What it holds.
        reason: A comment to put behind it.
    """
    *path, section, name = way
    own = f"{bare(name)} = {text(value)}"
    yield from _below(old, (*path, section), f"{own}  # {reason}")
    yield from _below(old, path, line(way, value, reason))
    inline = re.compile(rf"^([ \t]*{re.escape(bare(section))}[ \t]*=[ \t]*\{{[ \t]*)", re.MULTILINE)
    for opening in inline.finditer(old):
        rest = old[opening.end() :]
        comma = "" if rest.startswith("}") else ", "
        yield f"{old[: opening.end()]}{own}{comma}{rest}"
    end = _end_of_line(old)
    gap = "" if not old or old.endswith(end * 2) else end if old.endswith(end) else end * 2
    yield f"{old}{gap}{heading(way)}{end}{line(way, value, reason)}{end}"


def heading(way: Sequence[str]) -> str:
    """Write the heading below which `line` stands."""
    return f"[{'.'.join(map(bare, way[:-2]))}]"


def line(way: Sequence[str], value: str, reason: str) -> str:
    """Write a key with its section's name before it, as it stands below its table's heading."""
    return f"{bare(way[-2])}.{bare(way[-1])} = {text(value)}  # {reason}"


def _below(old: str, path: Sequence[str], added_line: str) -> Iterator[str]:
    """Put a line at the end of the section of a heading, or right behind the heading."""
    spelled = (f"(?:{re.escape(bare(name))}|{re.escape(text(name))}|{re.escape(repr(name))})" for name in path)
    dotted = r"[ \t]*\.[ \t]*".join(spelled)
    end = _end_of_line(old)
    for opening in re.finditer(rf"^([ \t]*)\[[ \t]*{dotted}[ \t]*\][^\n]*(?:\n|\Z)", old, re.MULTILINE):
        following = re.search(r"^[ \t]*\[", old[opening.end() :], re.MULTILINE)
        section = old[opening.end() : opening.end() + following.start()] if following else old[opening.end() :]
        last = len(_BLANK.sub("", section))
        for position in (opening.end() + last, opening.end()):
            before = old[:position]
            gap = "" if before.endswith("\n") else end
            yield f"{before}{gap}{opening[1]}{added_line}{end}{old[position:]}"


def _end_of_line(old: str) -> str:
    return "\r\n" if "\r\n" in old else "\n"


def bare(name: str) -> str:
    """Write a TOML key: bare where it may be, else quoted."""
    return name if _BARE.fullmatch(name) else text(name)


def text(value: str) -> str:
    """Write a TOML basic string: JSON's, but for DEL, and with characters beyond ASCII as they are."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
