"""What a plan cannot do, collected, so that one look shows everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gluepot.config import tomledit
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from gluepot.errors import GluepotError


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
        return tomledit.line(self.way, self.value, self.reason) if self.key else ""

    @property
    def way(self) -> tuple[str, ...]:
        """The path of the offered line's key in a plan."""
        return ("table", self.table, self.key, self.name)


@dataclass(slots=True)
class Findings:
    """What planning has found so far, each thing once.

    Args:
        refusals: What must be mended first.
        notes: What is worth knowing: renames, columns left out, what is read slowly.
        errors: What the target answered, for each refusal that is only about the target.
    """

    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[GluepotError] = field(default_factory=list)

    def refuse(self, table: str, what: str, hint: str = "") -> None:
        """Note one thing that must be mended."""
        self.add(Refusal(table, what, hint))

    def add(self, refusal: Refusal) -> None:
        """Note one thing that must be mended, with its offer."""
        if refusal not in self.refusals:
            self.refusals.append(refusal)

    def failed(self, table: str, error: GluepotError) -> None:
        """Note what the target refuses; the same of several tables once, as a bucket that is missing."""
        if str(error) not in {str(other) for other in self.errors}:
            self.errors.append(error)
            self.refusals.append(Refusal(table, str(error), error.hint))

    def note(self, told: str) -> None:
        """Note one thing that is worth knowing."""
        if told not in self.notes:
            self.notes.append(told)


def raised(refusals: tuple[Refusal, ...], errors: tuple[GluepotError, ...]) -> GluepotError | None:
    """Make one error of all that is refused; None where nothing is.

    Where only the target refuses, and asking again may help with all of it, the error is of that kind.
    """
    if not refusals:
        return None
    if len(refusals) == len(errors) == 1:
        return errors[0]
    lines = [
        f"\n  - {refusal.table + ': ' if refusal.table else ''}{refusal.what}; {refusal.offer or refusal.hint}"
        for refusal in refusals
    ]
    hint = "gluepot load plan shows all of it; --write adds the lines that it offers"
    parts = (f"the plan cannot be loaded: {len(lines)} to mend", "".join(lines), hint)
    is_all = len(errors) == len(refusals) and not any(isinstance(error, ConfigError) for error in errors)
    return type(errors[0])(*parts) if is_all else ConfigError(*parts)
