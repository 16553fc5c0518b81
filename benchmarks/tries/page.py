"""Writes docs/reliability.md: a table of what was tried, and what was lost."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tries.readers import DATAHUB, WRANGLER
from tries.trials import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tries.trials import Tally

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parents[1] / "docs" / "reliability.md"
HEAD: Final = ("tries", *VERDICTS, "not whole after the next run")


def write(readers: Mapping[str, Mapping[str, Tally | None]], loads: Mapping[str, Tally | None]) -> None:
    """Write the page out of the template and all tallies."""
    versions = [f"gluepot {version('gluepot')}", *(one.replace("==", " ") for one in (DATAHUB, WRANGLER))]
    text = (HERE.parent / "reliability.template.md").read_text()
    filled = text.format(
        readers=_table("reader", readers),
        loads=_table("", {"gluepot load": loads}),
        tries=sum(one.tries for one in _all(readers, loads)),
        ours=sum(one.tries for one in _all({"gluepot": readers["gluepot"]}, loads)),
        versions=", ".join((*versions, f"Python {platform.python_version()}", sys.platform)),
    )
    PAGE.write_text(filled)
    print(f"written: {PAGE}")


def _all(readers: Mapping[str, Mapping[str, Tally | None]], loads: Mapping[str, Tally | None]) -> list[Tally]:
    tallies = [*loads.values(), *(one for kinds in readers.values() for one in kinds.values())]
    return [one for one in tallies if one is not None]


def _table(first: str, found: Mapping[str, Mapping[str, Tally | None]]) -> str:
    """Lay out a table: kind by kind, and below each kind who was tried."""
    kinds = list(dict.fromkeys(kind for one in found.values() for kind in one))
    head = ["what was done", *([first] if first else []), *HEAD]
    lines = [head, ["---", *(["---"] if first else []), *("---:" for _ in HEAD)]]
    for kind in kinds:
        for name, tallies in found.items():
            shown = [kind, *([name] if first else [])]
            tally = tallies.get(kind)
            if tally is None:
                lines.append([*shown, "not run", *("" for _ in HEAD[1:])])
            else:
                lines.append([*shown, tally.row()])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
