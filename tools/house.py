"""The ranks of gluepot's rooms: who may import whom. `tests/test_house.py` holds them.

    python tools/house.py              # the Mermaid diagram, drawn from the imports and the ranks
    python tools/house.py --breaches   # imports that run upwards or within a rank

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

PACKAGE: Final = "gluepot"
"""The package itself, as a room: its `__init__`, which gives the public names."""

RANKS: Final = (
    ("errors", "text", "backoff", "version", "mask"),
    ("secret", "files", "plan"),
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

SHOWN: Final = {PACKAGE: "import gluepot", "gluepot_sandbox": "gluepot_sandbox", "__main__": "__main__"}


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
    lines = ["```mermaid", "flowchart TD"]
    for floor, names in reversed(list(enumerate(RANKS))):
        there = [f'{_id(name)}["{SHOWN.get(name, name)}"]' for name in names]
        lines.append(f'  subgraph floor{floor}[" "]\n    direction LR\n    ' + "\n    ".join(there) + "\n  end")
    lines += [f"  {_id(user)} --> {_id(used)}" for user, used in sorted(_needed(pairs))]
    return "\n".join([*lines, "```", ""])


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

    return {(user, used) for user, used in pairs if not any(used in reach(one) for one in below[user] - {used})}


def main() -> int:
    """Print what is asked for."""
    found = list(arrows(modules()))
    if "--breaches" in sys.argv:
        for one in breaches(found):
            print(f"{one.user} -> {one.used}")  # noqa: T201 - it is a script
    else:
        print(diagram(found), end="")  # noqa: T201 - likewise
    return 0


if __name__ == "__main__":
    sys.exit(main())
