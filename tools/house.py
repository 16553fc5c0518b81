"""The ranks of gluepot's rooms: who may import whom. `tests/test_house.py` holds them.

    python tools/house.py              # draws the picture in docs/concepts.md again; `make docs` does it too
    python tools/house.py --breaches   # prints the imports that run upwards or within a floor

A room is a package or a module directly below `gluepot`; the sandbox is one room. In `lake` and `loader`, whose folders
are many, the folders are ranked too. A module imports only what stands below it; imports for type checkers count.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
SOURCES: Final = {"gluepot": ROOT / "src", "gluepot_sandbox": ROOT / "packages" / "gluepot-sandbox" / "src"}

PAGE: Final = ROOT / "docs" / "concepts.md"
BEGIN: Final = "<!-- house: drawn by `make docs` from the imports and the ranks in tools/house.py -->"
END: Final = "<!-- /house -->"
"""Where the picture stands in the page."""

PACKAGE: Final = "gluepot"
"""The package itself, as a room: its `__init__`, which gives the public names."""

RANKS: Final = (
    ("errors", "text", "backoff", "version", "core", "mask", "host"),
    ("secret", "files", "plan", "waiting"),
    ("aws",),
    ("glue", "athena", "landing", "cassandra", "provision"),
    ("config", "lake"),
    ("collector", "loader", "crawler", "source"),
    ("sql",),
    (PACKAGE, "airflow", "kada"),
    ("gluepot_sandbox",),
    ("cli",),
    ("__main__",),
)
"""The rooms, the lowest floor first. Rooms of one floor do not know each other."""

FOLDERS: Final = {
    "lake": ("kernels", "types", "checksum", "convert", "commit", "read", "proof"),
    "loader": ("core", "plan", "jdbc", "stack", "engines", "gluejob", ""),
}
"""The folders of the two largest rooms, the lowest first; modules that lie in none of them are ""."""

PURPOSE: Final = {
    "errors": "what, why, what to do",
    "text": "plurals, sizes, durations",
    "backoff": "how pauses grow",
    "version": "one number",
    "core": "compiled loops over bytes",
    "mask": "what must not leave",
    "secret": "a reference, until it is used",
    "files": "written at once or not",
    "host": "child processes, temporary files",
    "waiting": "one patience, and a least pace",
    "plan": "a planned table, its records",
    "aws": "access, sessions, faults",
    "glue": "what the catalog holds",
    "athena": "statements and answers",
    "landing": "object stores",
    "cassandra": "scans, frames to Arrow",
    "provision": "resources in AWS",
    "config": "the collector's file",
    "lake": "types, files, commits, proof",
    "collector": "job 1: catalog to extracts",
    "loader": "job 2: keyspace to tables",
    "crawler": "job 3: crawlers",
    "source": "a look into a keyspace",
    "sql": "queries, Athena's proof",
    PACKAGE: "the public names",
    "airflow": "tasks",
    "kada": "KADA's surface",
    "gluepot_sandbox": "an AWS and a Cassandra to try on",
    "cli": "the command line",
    "__main__": "the process",
}
"""What each room is for, as the picture says it."""

UNDERFOOT: Final = 2
"""The lowest floors: everybody stands on them, so that arrows to them would say nothing."""


@dataclass(frozen=True, slots=True, order=True)
class Arrow:
    """One import: the module that imports, and the one that is imported."""

    user: str
    used: str


def room(module: str) -> str:
    """Name the room of a module."""
    parts = module.split(".")
    if parts[0] != PACKAGE:
        return parts[0]
    return parts[1] if len(parts) > 1 else PACKAGE


def modules() -> dict[str, Path]:
    """Give every module of both packages with its file."""
    found = {}
    for top, folder in SOURCES.items():
        for path in sorted((folder / top).rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def arrows(known: dict[str, Path]) -> Iterator[Arrow]:
    """Give every import of one module by another one, at whatever depth."""
    for user, path in known.items():
        for name in imported(user, path):
            used = name
            while used and used not in known:
                used = used.rpartition(".")[0]
            if used and used != user:
                yield Arrow(user, used)


def imported(user: str, path: Path) -> Iterator[str]:
    """Give the full name of everything that a file imports, at any depth."""
    package = user.split(".") if path.name == "__init__.py" else user.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{one.name}" for one in node.names)


def breaches(found: list[Arrow]) -> list[Arrow]:
    """Give the arrows that do not point down: between rooms, and in `lake` and `loader` between their folders."""
    floors = {name: floor for floor, names in enumerate(RANKS) for name in names}
    return sorted({one for one in found if not _is_right(one, floors)})


def _is_right(arrow: Arrow, floors: dict[str, int]) -> bool:
    user, used = room(arrow.user), room(arrow.used)
    if user != used:
        return floors[used] < floors[user]
    if user not in FOLDERS:
        return True
    order = FOLDERS[user]
    return order.index(_folder(arrow.used)) <= order.index(_folder(arrow.user))


def _folder(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 and parts[2] in FOLDERS[parts[1]] else ""  # noqa: PLR2004 - gluepot.ROOM.FOLDER


def diagram(found: list[Arrow]) -> str:
    """Draw floors and rooms as Mermaid; of the arrows only those that no longer way implies."""
    pairs = {(room(one.user), room(one.used)) for one in found if room(one.user) != room(one.used)}
    floors = {name: floor for floor, names in enumerate(RANKS) for name in names}
    drawn = {pair for pair in _needed(pairs) if floors[pair[1]] >= UNDERFOOT}
    lines = ["```mermaid", "flowchart TD"]
    for floor, names in reversed(list(enumerate(RANKS))[UNDERFOOT:]):
        rooms = [f'    {_id(name)}["<b>{_shown(name)}</b><br/>{PURPOSE[name]}"]' for name in names]
        lines += [f'  subgraph floor{floor}[" "]', "    direction LR", *rooms, "  end"]
    for floor, names in reversed(list(enumerate(RANKS))[:UNDERFOOT]):
        rooms = [f"<b>{name}</b> {PURPOSE[name]}" for name in names]
        lines.append(f'  floor{floor}["{"<br/>".join(rooms)}"]')
    lines += [f"  {_id(user)} --> {_id(used)}" for user, used in sorted(drawn)]
    lines += [f"  floor{floor + 1} --> floor{floor}" for floor in reversed(range(UNDERFOOT))]
    return "\n".join([*lines, "```", ""])


def _shown(name: str) -> str:
    return {PACKAGE: "import gluepot"}.get(name, name)


def _id(name: str) -> str:
    return f"r_{name.strip('_')}"


def _needed(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Leave out arrows that a longer way implies: what is drawn shows the order, not every import."""
    below: dict[str, set[str]] = {}
    for user, used in pairs:
        below.setdefault(user, set()).add(used)

    def reach(name: str) -> set[str]:
        direct = below.get(name, set())
        return direct | {far for near in direct for far in reach(near)}

    return {(user, used) for user, used in pairs if not any(used in reach(near) for near in below[user] - {used})}


def drawn(text: str, picture: str) -> str:
    """Put the picture between its marks in a page."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{picture}{END}{after}"


def main() -> int:
    """Draw, or print what is asked for."""
    found = list(arrows(modules()))
    if "--breaches" in sys.argv:
        for breach in breaches(found):
            print(f"{breach.user} -> {breach.used}")  # noqa: T201 - it is a script
    else:
        PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8"), diagram(found)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
