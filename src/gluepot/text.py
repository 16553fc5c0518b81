"""Texts for people, each form in one place: counts, sizes, durations, lists of names, and which was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNIT: Final = 1000
"""The step between units: those of AWS's prices and of disks, not powers of two."""

MINUTE: Final = 60


def plural(count: int, singular: str, many: str = "") -> str:
    """Give a noun in the form that fits a count."""
    return singular if count == 1 else many or f"{singular}s"


def counted(count: int, singular: str, many: str = "") -> str:
    """Write a count with its noun: `1 table`, `2,000 tables`."""
    return f"{count:,} {plural(count, singular, many)}"


def sized(count: int) -> str:
    """Write a number of bytes, in the units that AWS and disks are sold in."""
    if count < UNIT:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= UNIT
        if value < UNIT:
            return f"{value:.1f} {unit}"
    return f"{value / UNIT:.1f} TB"


def lasting(seconds: float, digits: int = 1) -> str:
    """Write a duration: `12.3 s`, or minutes, with as many digits as are known."""
    return f"{seconds:.1f} s" if seconds < MINUTE else f"{seconds / MINUTE:,.{digits}f} min"


def shortened(text: str, most: int) -> str:
    """Cut a text to so many characters, the dots that say so among them."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def listed(names: Sequence[str], most: int = 10) -> str:
    """Name the first of many, and count the others: `a, b and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def near(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Find the names that may have been meant: the same in another case first, then those that look alike."""
    import difflib  # noqa: PLC0415 - only a mistake needs it, and every command loads this module

    known = list(known)
    folded = [candidate for candidate in known if candidate.lower() == name.lower()]
    return [
        *folded,
        *(candidate for candidate in difflib.get_close_matches(name, known, n=most) if candidate not in folded),
    ]


def did_you_mean(names: Iterable[str]) -> str:
    """Ask for one of the names that are near."""
    return f"did you mean {' or '.join(names)}?"


def offered(name: str, known: Iterable[str], none: str = "there is none at all") -> str:
    """Offer the names that are near, else list what there is.

    Args:
        name: What was asked for.
        known: What there is.
        none: What to say where that is nothing.
    """
    known = list(known)
    close = near(name, known)
    if close:
        return did_you_mean(map(repr, close))
    return f"there are: {listed(known)}" if known else none
