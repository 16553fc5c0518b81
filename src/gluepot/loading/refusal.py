"""What a plan cannot do, collected, so that one look shows everything."""

from __future__ import annotations

from dataclasses import dataclass, field


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
        return f'{self.key}.{bare(self.name)} = "{self.value}"  # {self.reason}' if self.key else ""


@dataclass(slots=True)
class Found:
    """What planning has found so far.

    Args:
        refusals: What must be mended first.
        notes: What is worth knowing: renames, columns left out, what is read slowly.
    """

    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, table: str, what: str, hint: str = "") -> None:
        """Note one thing that must be mended."""
        self.refusals.append(Refusal(table, what, hint))


def bare(name: str) -> str:
    """Write a TOML key: bare where it may be, else quoted."""
    import json  # noqa: PLC0415 - TOML's basic strings are JSON's, but for DEL

    plain = name and all(ch.isascii() and (ch.isalnum() or ch in "_-") for ch in name)
    return name if plain else json.dumps(name)
