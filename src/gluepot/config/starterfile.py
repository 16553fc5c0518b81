"""The commented file to start from, made of a file's keys, their descriptions and a sample value for each.

A description's line begins with `# `, a key that is left out with `#` alone: without that mark the key is in force.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import msgspec

from gluepot.config.tomledit import bare
from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Style = Literal["toml", "yaml", "json"]

_STYLES: Final[dict[str, Style]] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}


@dataclass(frozen=True, slots=True)
class Section:
    """A file's top, or a key of it that holds keys.

    Args:
        kind: The struct whose fields are its keys.
        samples: A value for every key that is shown.
        in_force: The keys that are set; the others stand beside them, commented out. Without one, all of it is.
        is_list: Whether it is a list of such sections, of which one is shown.
        entry: Where it holds such sections by name, the name of the one that is shown.
    """

    kind: type[msgspec.Struct]
    samples: Mapping[str, Any]
    in_force: tuple[str, ...] = ()
    is_list: bool = False
    entry: str = ""

    def shown(self) -> Iterator[msgspec.structs.FieldInfo]:
        """Give the fields that have a sample, in the order of the struct."""
        fields = sorted(msgspec.structs.fields(self.kind), key=lambda info: not info.required)
        return (info for info in fields if info.encode_name in self.samples)

    def heading(self, name: str, style: Style) -> Iterator[str]:
        """Write the lines that open it."""
        mark = "" if self.in_force else "#"
        if style == "toml":
            dotted = f"{name}.{self.entry}" if self.entry else name
            yield f"{mark}[[{dotted}]]" if self.is_list else f"{mark}[{dotted}]"
            return
        yield f"{mark}{name}:"
        if self.entry:
            yield f"{mark}  {self.entry}:"

    def lines(self, style: Style, indent: str = "") -> Iterator[str]:
        """Write its keys, each below its description; the first one of a list's entry bears YAML's dash."""
        dash = "- " if self.is_list and style == "yaml" else ""
        for info in self.shown():
            key = info.encode_name
            mark = "" if key in self.in_force else "#"
            yield from commented(description(info))
            yield f"{mark}{indent}{dash}{assignment(key, self.samples[key], style)}"
            indent, dash = indent + " " * len(dash), ""

    def plain(self) -> Any:  # noqa: ANN401 - what JSON can hold
        """Give the keys that are in force, as values."""
        keys = {key: self.samples[key] for key in self.in_force}
        return [keys] if self.is_list else {self.entry: keys} if self.entry else keys


@dataclass(frozen=True, slots=True)
class StarterFile:
    """What is needed to write a file to start from.

    Args:
        head: What the file is, and which commands read it.
        top: Its keys that hold values.
        sections: Its keys that hold keys; TOML wants them after all others.
    """

    head: str
    top: Section
    sections: Mapping[str, Section] = field(default_factory=dict)

    def text(self, style: Style = "toml") -> str:
        """Write the file: every key explained, the optional ones commented out.

        Args:
            style: `toml`, `yaml`, or `json`, which knows no comments and so holds only the keys that are in force.

        Raises:
            ConfigError: There is no such style.
        """
        if style not in get_args(Style):
            raise ConfigError(f"there is no example in {style!r}", hint=f"choose {', '.join(get_args(Style))}")
        return self._json() if style == "json" else "\n".join(self._lines(style)) + "\n"

    def _json(self) -> str:
        sections = {name: section.plain() for name, section in self.sections.items() if section.in_force}
        return json.dumps({**self.top.plain(), **sections}, indent=2) + "\n"

    def _lines(self, style: Style) -> Iterator[str]:
        yield from commented(self.head)
        fields = msgspec.structs.fields(self.top.kind)
        for info in fields:
            if info.encode_name not in self.sections:
                key = info.encode_name
                mark = "" if key in self.top.in_force else "#"
                line = f"{mark}{assignment(key, self.top.samples[key], style)}"
                yield from ("", *commented(description(info)), line)
        for info in fields:
            if info.encode_name in self.sections:
                yield from ("", *commented(description(info)), *self._section(info.encode_name, style))

    def _section(self, name: str, style: Style) -> Iterator[str]:
        section = self.sections[name]
        yield from section.heading(name, style)
        yield from section.lines(style, "" if style == "toml" else "    " if section.entry else "  ")


def style_of(path: Path) -> Style:
    """Tell the language of a file by its suffix; `-`, which prints, is TOML.

    Raises:
        ConfigError: No file would be read under that name.
    """
    if str(path) == "-":
        return "toml"
    suffix = path.suffix.lower()
    if suffix not in _STYLES:
        hint = f"name it {', '.join(f'*{known}' for known in _STYLES)}"
        raise ConfigError(f"cannot tell what {path} is to be", hint=hint)
    return _STYLES[suffix]


def assignment(name: str, value: object, style: Style) -> str:
    """Write one key and value; but for tables of keys, values are spelt alike in JSON, TOML and YAML."""
    if style == "yaml":
        return f"{name}: {json.dumps(value)}"
    if isinstance(value, dict):
        inner = ", ".join(f"{bare(key)} = {json.dumps(held)}" for key, held in value.items())
        return f"{name} = {{ {inner} }}"
    return f"{name} = {json.dumps(value)}"


def commented(text: str) -> list[str]:
    """Write a text as comments of TOML and YAML."""
    return textwrap.wrap(text, width=100, initial_indent="# ", subsequent_indent="# ")


def description(info: msgspec.structs.FieldInfo) -> str:
    """Give the description that stands in the annotation."""
    notes = (note.description for note in getattr(info.type, "__metadata__", ()) if isinstance(note, msgspec.Meta))
    return next((text for text in notes if text), "")
