"""Which objects a crawler leaves out: its exclude patterns, as AWS describes them.

https://docs.aws.amazon.com/glue/latest/dg/define-crawler-choose-data-sources.html, "Include and exclude patterns": they
are relative to the include path; `*` and `?` stay within one folder, `**` crosses folders, `[...]` and `{a,b}` choose.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER_MARK = "_$folder$"
"""What Hadoop's tools leave behind for a folder."""

_PLAIN = {"*": "[^/]*", "?": "[^/]"}


def is_read(key: str, size: int, exclusions: Iterable[str]) -> bool:
    """Tell whether a crawler looks at an object.

    Args:
        key: Its key behind the include path, without a slash in front.
        size: Its bytes; empty objects hold no schema.
        exclusions: The target's exclude patterns.
    """
    if not size or key.endswith(("/", FOLDER_MARK)):
        return False
    if any(part.startswith(("_", ".")) for part in key.split("/")):
        return False  # Hive and Athena do not see them either
    return not any(expression(pattern).fullmatch(key) for pattern in exclusions)


@functools.lru_cache(maxsize=256)
def expression(pattern: str) -> re.Pattern[str]:
    """Compile an exclude pattern.

    Raises:
        ValueError: A bracket or a brace is not closed.
    """
    at, written, group = 0, "", False
    while at < len(pattern):
        at, piece, group = _piece(pattern, at, group)
        written += piece
    if group:
        raise ValueError("a '{' is not closed")
    try:
        return re.compile(written, re.DOTALL)
    except re.error as error:
        raise ValueError(str(error)) from None


def _piece(pattern: str, at: int, group: bool) -> tuple[int, str, bool]:  # noqa: FBT001 - carried from piece to piece
    """Translate what begins at `at`; returns where the next begins, and whether a brace is open."""
    found, behind = pattern[at], pattern[at + 1 : at + 2]
    if found == "*" and behind == "*":
        return at + 2, ".*", group
    if found == "[":
        return *_bracket(pattern, at), group
    if found == "\\" and behind:
        return at + 2, re.escape(behind), group
    if found == "{":
        if group:
            raise ValueError("braces stand inside braces")
        return at + 1, "(?:", True
    if group and found in ",}":
        return at + 1, "|" if found == "," else ")", found == ","
    return at + 1, _PLAIN.get(found) or re.escape(found), group


def _bracket(pattern: str, at: int) -> tuple[int, str]:
    end = pattern.find("]", at + 2)
    if end < 0:
        raise ValueError("a '[' is not closed")
    inner = pattern[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
    return end + 1, f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
