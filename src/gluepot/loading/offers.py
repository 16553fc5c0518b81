"""Lines that a plan offers, added to the plan file in place: comments and layout stay as they are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from gluepot.config.load import read_text
from gluepot.config.parse import parse
from gluepot.errors import ConfigError
from gluepot.files import write_atomically
from gluepot.loading.refusal import bare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gluepot.loading.refusal import Refusal


def add(path: Path, offers: Sequence[Refusal]) -> None:
    """Add offered lines to a plan file.

    Args:
        path: The plan file.
        offers: What is offered.

    Raises:
        ConfigError: The file has a form to which nothing can be added safely; the lines are told instead.
    """
    text = read_text(path)
    new = _json(text, offers) if path.suffix == ".json" else text
    if path.suffix == ".toml":
        for one in offers:
            new = _toml(new, one)
    if new == text or not _holds(parse(path, new), offers):
        lines = "".join(f"\n  [table.{one.table}] {one.offer}" for one in offers)
        raise ConfigError(f"the lines could not be added to {path}", "", f"add them yourself:{lines}")
    write_atomically(path, new.encode())


def _toml(text: str, one: Refusal) -> str:
    """Add a line behind the heading of its table, or the heading and the line at the end."""
    line = one.offer
    own = re.search(
        rf"^\[table\.(?:{re.escape(bare(one.table))}|\"{re.escape(one.table)}\")\.{one.key}\][^\n]*\n",
        text,
        re.MULTILINE,
    )
    if own:
        return text[: own.end()] + line.removeprefix(f"{one.key}.") + "\n" + text[own.end() :]
    heading = re.search(
        rf"^\[table\.(?:{re.escape(bare(one.table))}|\"{re.escape(one.table)}\")\][^\n]*\n", text, re.MULTILINE
    )
    if heading:
        return text[: heading.end()] + line + "\n" + text[heading.end() :]
    gap = "" if text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}[table.{bare(one.table)}]\n{line}\n"


def _json(text: str, offers: Sequence[Refusal]) -> str:
    """JSON has no comments to keep."""
    value: dict[str, Any] = json.loads(text)
    for one in offers:
        value.setdefault("table", {}).setdefault(one.table, {}).setdefault(one.key, {})[one.name] = one.value
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _holds(plan: dict[str, Any], offers: Sequence[Refusal]) -> bool:
    tables = plan.get("table", {})
    return all(tables.get(one.table, {}).get(one.key, {}).get(one.name) == one.value for one in offers)
