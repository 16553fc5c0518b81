"""Documentation pages as programs: fenced blocks that say in their info string what becomes of them.

A block of a language that could be run says one of these behind the language:

- `test`: it is run, all blocks of a page in their order, in one folder, against an emulated AWS. In `console` blocks
  lines with `$ ` are commands, those below them what is printed, with `...` for any text; without such lines the
  output is not compared. `exit=N` is the exit code of the block's last command; all others end with 0.
- `background`: its one command is started and stays up to the end of the page. What is shown below it is what it prints
  on standard output, and is pasted into the shell of the blocks after it: variables that it exports are theirs.
- `file=NAME`: it is written into that folder.
- `not-run=REASON`: it is only shown, and the reason is one of `REASONS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]

RUNNABLE: Final = {"console", "sh", "bash", "python", "toml", "yaml", "json"}
"""Languages whose blocks must say what becomes of them."""

REASONS: Final = {
    "set-up": "it sets up the checkout, and these tests run inside the result",
    "airflow": "it is a part of an example, and a real Airflow runs that: tests/airflow/test_airflow.py",
    "spark": "a real Spark runs the same: tests/loader/test_spark.py, tests/loader/test_spark_entry.py",
    "registry": "it installs from a package registry",
    "sandbox": "it stays up until it is ended: tests/sandbox/test_sandbox.py does that, and docs/tutorial.md",
    "own-account": "it needs an AWS account or a landing of the reader's own",
}

_FENCE = re.compile(r"^(?P<fence>```+)(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_END: Final = "\x1e"
"""Between the outputs of a block's commands; no command prints it."""


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    body: str

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"

    def word(self, name: str) -> str:
        """Give the value behind `name=`, empty where there is none."""
        return next((word.partition("=")[2] for word in self.words if word.startswith(f"{name}=")), "")


@dataclass(frozen=True)
class Command:
    """One command of a console block, and the lines that it is said to print."""

    text: str
    prints: tuple[str, ...]


def pages() -> list[str]:
    """List the pages for readers, by their paths from the root."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "packages").glob("*/README.md"))]
    found += sorted((ROOT / "docs").rglob("*.md"))
    return [path.relative_to(ROOT).as_posix() for path in found]


def blocks(page: str) -> list[Block]:
    """Read the fenced blocks of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, *_info(found["info"]), found["body"])
        for found in _FENCE.finditer(text)
    ]


def _info(info: str) -> tuple[str, tuple[str, ...]]:
    language, *words = info.split() or [""]
    return language, tuple(words)


def commands(block: Block) -> list[Command]:
    """Take a console block apart."""
    found: list[tuple[str, list[str]]] = []
    for line in block.body.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and found[-1][0].endswith("\\"):
            found[-1] = (f"{found[-1][0]}\n{line}", found[-1][1])
        else:
            assert found, f"{block.name} begins with output: commands begin with '$ '"
            found[-1][1].append(line)
    return [Command(text, tuple(prints)) for text, prints in found]


def script(block: Block) -> str:
    """Write a console block as one script, so that what a command exports is there for the next."""
    ends = f'; printf "{_END}%s{_END}" $?'
    return "\n".join(f"{command.text}\n{ends[2:]}" for command in commands(block))


def answers(output: str) -> Iterator[tuple[str, int]]:
    """Split what a script printed into each command's output and exit code."""
    parts = output.split(_END)
    yield from ((parts[at], int(parts[at + 1])) for at in range(0, len(parts) - 1, 2))


def matches(expected: tuple[str, ...], printed: str) -> bool:
    """Compare what is printed with what the page says; `...` is any text, on one line or many."""
    wanted = "\n".join(line.rstrip() for line in expected).strip()
    got = "\n".join(line.rstrip() for line in printed.splitlines()).strip()
    pattern = ".*?".join(re.escape(part) for part in wanted.split("..."))
    return re.fullmatch(pattern, got, re.DOTALL) is not None
