"""What a plan cannot do, collected, so that one look shows everything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that keeps a load from beginning.

    Args:
        table: The source table; empty for the whole plan.
        what: What is wrong.
        hint: What to do.
        key: Where an offered line belongs: `types`, below the table's section; empty without an offer.
        name: The key of the offered line.
        value: Its value, which is text.
        reason: What the offer is taken from.
    """

    table: str
    what: str
    hint: str = ""
    key: str = ""
    name: str = ""
    value: str = ""
    reason: str = ""

    @property
    def offer(self) -> str:
        """The line to add to a TOML plan; empty without an offer."""
        return f"{self.key}.{bare(self.name)} = {text(self.value)}  # {self.reason}" if self.key else ""


@dataclass(slots=True)
class Found:
    """What planning has found so far, each thing once.

    Args:
        refusals: What must be mended first.
        notes: What is worth knowing: renames, columns left out, what is read slowly.
    """

    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, table: str, what: str, hint: str = "") -> None:
        """Note one thing that must be mended."""
        self.add(Refusal(table, what, hint))

    def add(self, refusal: Refusal) -> None:
        """Note one thing that must be mended, with its offer."""
        if refusal not in self.refusals:
            self.refusals.append(refusal)

    def note(self, told: str) -> None:
        """Note one thing that is worth knowing."""
        if told not in self.notes:
            self.notes.append(told)


def bare(name: str) -> str:
    """Write a TOML key: bare where it may be, else quoted."""
    return name if _BARE.fullmatch(name) else text(name)


def text(value: str) -> str:
    """Write a TOML basic string: JSON's, but for DEL, and with characters beyond ASCII as they are."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
