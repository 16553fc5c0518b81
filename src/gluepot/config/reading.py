"""One reading of a configuration: everything that is wrong with it, said in one message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = 60
"""Characters of a value that a message quotes at most."""


KINDS: dict[type, str] = {type(None): "nothing", str: "a text", list: "a list", tuple: "a list", dict: "an object"}
"""What a message calls values of these types."""


class Problem(NamedTuple):
    """One thing that is wrong: the key's path (`accounts[1].regions`), what, and what to write instead."""

    at: str
    message: str
    hint: str = ""


class Reading:
    """Where a configuration comes from, and the problems found in it so far.

    Args:
        source: What was read, for people: the file's path, or "arguments".
        text: The file's text, from which line numbers come; empty where there is none.
        environ: Where the secrets' `env:` references will be looked up; the process's environment when not given.
        hint: What to do where several things are wrong.
    """

    def __init__(
        self,
        source: str,
        text: str = "",
        environ: Mapping[str, str] | None = None,
        hint: str = "see: gluepot config schema",
    ) -> None:
        """Start without problems."""
        self.source = source
        self.environ = environ
        self._hint = hint
        self._text = text
        self._found: list[Problem] = []

    def add(self, at: str, message: str, hint: str = "") -> None:
        """Note one problem."""
        self._found.append(Problem(at, message, hint))

    def has(self, *keys: str) -> bool:
        """Tell whether something is wrong at one of these keys already, so that no second message follows from it."""
        return any(problem.at == key for problem in self._found for key in keys)

    def raise_if_any(self) -> None:
        """Raise one error for all of them.

        Raises:
            ConfigError: There is at least one.
        """
        if not self._found:
            return
        if len(self._found) == 1:
            problem = self._found[0]
            raise ConfigError(f"{self.source}{self._line(problem, ', line ')}", _message(problem), problem.hint)
        lines = [
            f"\n  - {_message(p)}{self._line(p, ' (line ', ')')}{f'; {p.hint}' if p.hint else ''}" for p in self._found
        ]
        raise ConfigError(f"{self.source} has {len(lines)} problems", "".join(lines), self._hint)

    def _line(self, problem: Problem, before: str, after: str = "") -> str:
        """Give the line of a key that stands once in the text; where it stands more often, no line beats a guess."""
        key = re.split(r"[.\[]", re.sub(r"(\[\d+\])+$", "", problem.at))[-1]
        lines = lines_of(self._text, key) if key else []
        return f"{before}{lines[0]}{after}" if len(lines) == 1 else ""


def _message(problem: Problem) -> str:
    return f"{problem.at}: {problem.message}" if problem.at else problem.message


def lines_of(text: str, key: str) -> list[int]:
    """Give the lines (from 1) on which a JSON, TOML or YAML text assigns `key`."""
    name = re.escape(key)
    pattern = re.compile(rf"""(?:(["']){name}\1|(?<![\w"'.\-]){name})\s*(?:[:=]|\])""")
    return [number for number, line in enumerate(text.split("\n"), start=1) if pattern.search(_uncommented(line))]


def _uncommented(line: str) -> str:
    return "" if line.lstrip().startswith("#") else line


def shown(value: object) -> str:
    """Describe a value that is not secret, briefly and on one line."""
    if isinstance(value, str):
        return ascii(value) if len(value) <= SHOWN else ascii(value[:SHOWN]) + "..."
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # Python refuses to print integers of thousands of digits
        too_large = isinstance(value, int) and abs(value) >= 10**SHOWN
        return "a number that is far too large" if too_large else f"the number {value}"
    return KINDS.get(type(value), f"a value of type {type(value).__name__}")
