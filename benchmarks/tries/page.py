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
TEMPLATE: Final = HERE.parent / "reliability.template.md"
LOADS: Final = "gluepot load"
PAGE: Final = HERE.parents[1] / "docs" / "reliability.md"
HEAD: Final = ("tries", *VERDICTS, "not whole after the next run")


def write(found: Mapping[str, Mapping[str, Tally | None]]) -> None:
    """Write the page out of the template and all tallies, by reader and kind."""
    versions = [f"gluepot {version('gluepot')}", *(one.replace("==", " ") for one in (DATAHUB, WRANGLER))]
    readers = {name: kinds for name, kinds in found.items() if name != LOADS}
    ours = {name: kinds for name, kinds in found.items() if name.startswith("gluepot")}
    filled = TEMPLATE.read_text().format(
        readers=_table(readers),
        loads=_table({LOADS: found.get(LOADS, {})}),
        tries=_count(found),
        ours=_count(ours),
        versions=", ".join((*versions, f"Python {platform.python_version()}", sys.platform)),
    )
    PAGE.write_text(filled)
    print(f"written: {PAGE}")


def _count(found: Mapping[str, Mapping[str, Tally | None]]) -> int:
    return sum(tally.tries for kinds in found.values() for tally in kinds.values() if tally)


def _table(found: Mapping[str, Mapping[str, Tally | None]]) -> str:
    """Lay out a table: kind by kind, and below each kind who was tried."""
    kinds = list(dict.fromkeys(kind for one in found.values() for kind in one))
    lines = [["what was done", "reader", *HEAD], ["---", "---", *("---:" for _ in HEAD)]]
    for kind in kinds:
        for name, tallies in found.items():
            tally = tallies.get(kind)
            lines.append([kind, name, tally.row() if tally else f"not run{' |' * (len(HEAD) - 1)}"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
