"""Text to a plain mapping: JSON, TOML or YAML by suffix, where a key that stands twice is an error in all three.

A message never quotes the text around an error: that text may hold a secret.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any, NoReturn

from gluepot.config.reading import KINDS
from gluepot.errors import ConfigError
from gluepot.host import capped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import yaml


def parse(path: Path, text: str, starter: str = "gluepot init") -> dict[str, Any]:
    """Parse a configuration's text by the suffix of its file.

    Args:
        path: The file.
        text: What it holds.
        starter: The command that writes such a file.

    Raises:
        ConfigError: The suffix is unknown, the text is not of that kind, or it is not one object.
    """
    parser = PARSERS.get(path.suffix.lower())
    if parser is None:
        why = f"its suffix is {path.suffix!r}" if path.suffix else "its name has no suffix"
        raise ConfigError(f"cannot tell what {path} is", why, f"name it {', '.join(f'*{known}' for known in PARSERS)}")
    try:
        parsed = parser(path, text)
    except RecursionError:
        raise ConfigError(f"cannot read {path}", "it is nested far too deeply") from None
    if not isinstance(parsed, dict):
        why = "it is empty" if parsed is None else f"it holds {KINDS.get(type(parsed), 'one value')}"
        raise ConfigError(f"{path} is not a configuration", f"{why}, not an object of keys", f"see: {starter}")
    try:
        count = _values(parsed, {})
    except RecursionError:
        raise ConfigError(f"cannot read {path}", "it is nested far too deeply") from None
    if count > capped.VALUES:
        why = f"it stands for more than {capped.VALUES:,} values"
        raise ConfigError(f"cannot read {path}", why, "write values out where aliases repeat them")
    return parsed


def _values(value: object, known: dict[int, int]) -> int:
    """Count a value and all below it as often as it is repeated; what is repeated is looked at once."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        inside = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_values(one, known) for one in inside)
    return known[id(value)]


def _parse_json(path: Path, text: str) -> object:
    twice: list[str] = []

    def keep_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    def refuse(constant: str) -> NoReturn:
        raise ConfigError(f"{path} is not valid JSON", f"{constant} is not a JSON number")

    if not text.strip():
        return None
    try:
        parsed: object = json.loads(text, object_pairs_hook=keep_pairs, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise _invalid(path, "JSON", error.msg, (error.lineno, error.colno)) from None
    except ValueError:
        raise ConfigError(f"{path} is not a configuration", "it holds a number of thousands of digits") from None
    if twice:
        raise _repeated(path, twice[0], _json_line(text, twice[0]))
    return parsed


def _json_line(text: str, key: str) -> int:
    """Give the line on which `key` stands a second time, 0 where only a JSON parser could tell."""
    spelled = json.dumps(key, ensure_ascii=False)
    first = text.find(spelled)
    second = text.find(spelled, first + 1) if first >= 0 else -1
    return text.count("\n", 0, second) + 1 if text.count(spelled) == len(("first", "second")) else 0


def _parse_toml(path: Path, text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # tomllib ends its message in "(at line 3, column 5)"
        message, _, place = str(error).partition(" (at ")
        digits = "".join(ch if ch.isdigit() else " " for ch in place).split()
        line = int(digits[0]) if digits else text.rstrip().count("\n") + 1  # "(at end of document)"
        if message.startswith(("Cannot overwrite", "Cannot declare")):
            raise _repeated(path, _toml_key(text, line), line) from None
        raise _invalid(path, "TOML", message, (line, int(digits[-1]) if digits else 1)) from None
    except ValueError:
        raise ConfigError(f"{path} is not a configuration", "it holds a number of thousands of digits") from None


def _toml_key(text: str, line: int) -> str:
    """Give the key that a TOML line assigns; tomllib names only the place."""
    lines = text.split("\n")
    return lines[line - 1].partition("=")[0].strip(" \t[]\r\"'") if 0 < line <= len(lines) else "a key"


def _parse_yaml(path: Path, text: str) -> object:
    import yaml  # noqa: PLC0415 - lazy: start-up

    try:
        return yaml.load(text, Loader=_strict_loader(path))  # noqa: S506 - a subclass of yaml.SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or ""
        if message.startswith(("found undefined", "found duplicate", "could not determine")):
            # these quote an alias or a tag, which is what a secret that begins with * or ! is taken for
            message = message.partition("'")[0].strip()
        raise _invalid(path, "YAML", message, _place(mark)) from None
    except yaml.YAMLError:
        raise ConfigError(f"{path} is not valid YAML", "it holds a character that YAML does not allow") from None
    except (ValueError, TypeError, OverflowError):
        # PyYAML's own constructors let these through, for example for the date 2024-99-99
        raise ConfigError(f"{path} is not valid YAML", "a value looks like a date or number but is none") from None


def _strict_loader(path: Path) -> type[yaml.SafeLoader]:
    import yaml  # noqa: PLC0415 - lazy: start-up

    class StrictLoader(yaml.SafeLoader):
        """The safe loader, which otherwise keeps the last of two equal keys silently."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                    if key.value in seen:
                        raise _repeated(path, key.value, key.start_mark.line + 1)
                    seen.add(key.value)
            return super().construct_mapping(node, deep=deep)

    return StrictLoader


def _place(mark: yaml.Mark | None) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def _invalid(path: Path, language: str, message: str, place: tuple[int, int]) -> ConfigError:
    line, column = place
    where = f" at line {line}, column {column}" if line else ""
    return ConfigError(f"{path} is not valid {language}", f"{message}{where}", "correct that line")


def _repeated(path: Path, key: str, line: int) -> ConfigError:
    where = f"{path}, line {line}" if line else f"{path}"
    return ConfigError(where, f"{key}: the key stands there twice", "keep one of the two")


PARSERS: dict[str, Callable[[Path, str], object]] = {
    ".json": _parse_json,
    ".toml": _parse_toml,
    ".yaml": _parse_yaml,
    ".yml": _parse_yaml,
}
"""Suffix to parser; adding a language means adding a row."""
