"""One key more in a YAML text, whose comments and layout stay as they are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What YAML 1.1 takes for something else than text."""

STEP: Final = 2
"""Spaces by which inner keys are indented."""


def added(old: str, way: Sequence[str], value: str, reason: str) -> Iterator[str]:
    """Give the text with one key more, if it has a form in which that is known to be safe.

    Args:
        old: The text.
        way: The key's path.
        value: What it holds.
        reason: A comment to put behind it.
    """
    node = yaml.compose(old, Loader=yaml.SafeLoader)
    depth = 0
    while isinstance(node, yaml.MappingNode) and depth < len(way):
        inner = next((held for key, held in node.value if getattr(key, "value", None) == way[depth]), None)
        if not isinstance(inner, yaml.MappingNode) or inner.flow_style:
            break
        node, depth = inner, depth + 1
    if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
        return
    end = "\r\n" if "\r\n" in old else "\n"
    first = node.value[0][0].start_mark
    made = end.join(lines(way[depth:], value, reason, first.column)) + end
    if depth:
        begin = first.index - first.column
        yield old[:begin] + made + old[begin:]
    else:
        yield old + ("" if old.endswith("\n") else end) + end + made


def lines(way: Sequence[str], value: str, reason: str, indent: int = 0) -> Iterator[str]:
    """Write a key with the keys around it, a line each."""
    for depth, name in enumerate(way):
        assigned = f" {json.dumps(value, ensure_ascii=False)}  # {reason}" if depth == len(way) - 1 else ""
        yield f"{' ' * (indent + STEP * depth)}{_key(name)}:{assigned}"


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS else json.dumps(name, ensure_ascii=False)
