"""The trees of Glue's column types: what they are made of, and how they are printed, measured and made plain.

A tree may be 20,000 levels deep, as type strings may be 131,072 characters long (`Column.Type` in Glue's service
model). So nothing here recurses: printing, comparing and measuring all use a stack of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN_DEPTH: Final = 100
"""Levels that `to_plain` unfolds: JSON encoders recurse, and give up or crash somewhere above 300 dictionaries."""


_BARE: Final = re.compile(
    r"[^\s<>(),:`'\"]++(?:[ :]++[^\s<>(),:`'\"]++)*+"
)  # names that need no quotes, inner blanks and colons


class _Node(msgspec.Struct, frozen=True, eq=False):
    """What makes trees of any depth safe to compare, hash and print: msgspec's own methods recurse."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Node) and _same(self, other)

    def __hash__(self) -> int:
        return hash("".join(_printed(self)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({''.join(_printed(self))!r})"


class Primitive(_Node, frozen=True, eq=False):
    """A type without parts: `name` in lower case with single spaces, `args` as in `decimal(10,2)`."""

    name: str
    args: tuple[int | str, ...] = ()


class Array(_Node, frozen=True, eq=False):
    """`array<element>`."""

    element: Type


class Map(_Node, frozen=True, eq=False):
    """`map<key,value>`."""

    key: Type
    value: Type


class Field(_Node, frozen=True, eq=False):
    """One member of a struct; `name` keeps its case, and is empty in an anonymous Trino row."""

    name: str
    type: Type
    comment: str | None = None
    nullable: bool = True


class Struct(_Node, frozen=True, eq=False):
    """`struct<name:type,...>`, possibly without any field."""

    fields: tuple[Field, ...] = ()


class Union(_Node, frozen=True, eq=False):
    """`uniontype<type,...>`."""

    types: tuple[Type, ...]


Type = Primitive | Array | Map | Struct | Union
_GENERIC_NAMES: Final[dict[type[_Node], str]] = {Array: "array", Map: "map", Union: "uniontype"}


def format_type(tree: Type, *, bare: bool = False) -> str:
    """Print a tree in Hive's spelling, names in back-quotes where they are not plain words.

    Args:
        tree: The tree.
        bare: As Trino and Iceberg print into Glue's columns: names without quotes wherever they can be read back,
            and nothing but names and types.
    """
    return "".join(_printed(tree, bare=bare))


def depth(tree: Type) -> int:
    """Count the levels of a tree: 1 for a primitive, one more for each bracket around it."""
    deepest = 0
    level: list[_Node] = [tree]
    while level:
        deepest += 1
        level = [part for node in level for part in _parts(node)]
    return deepest


def to_plain(tree: Type, levels: int = PLAIN_DEPTH) -> dict[str, object]:
    """Turn a tree into dictionaries and lists for JSON and Parquet.

    `{"type": "array", "element": {...}}`, `{"type": "map", "key": {...}, "value": {...}}`,
    `{"type": "struct", "fields": [{"name": "a", "type": ...}]}`, `{"type": "uniontype", "types": [...]}`,
    `{"type": "decimal", "args": [10, 2]}`; a field may also have `comment` and `nullable`.

    Args:
        tree: The tree to unfold.
        levels: How many levels to unfold; a part below them becomes `{"text": "its type string"}`.
    """
    root: dict[str, object] = {}
    todo: list[tuple[Type, dict[str, object], int]] = [(tree, root, levels)]
    while todo:
        node, target, left = todo.pop()
        if left < 1:
            target["text"] = format_type(node)
            continue
        todo += [(part, into, left - 1) for part, into in _unfold(node, target)]
    return root


def _unfold(node: Type, target: dict[str, object]) -> Iterator[tuple[Type, dict[str, object]]]:
    """Write one node into `target`, and yield each part with the dictionary that it is to be written into."""
    match node:
        case Primitive(name, args):
            target["type"] = name
            if args:
                target["args"] = list(args)
        case Array(element):
            target["type"], target["element"] = "array", (inner := _dict())
            yield element, inner
        case Map(key, value):
            target["type"], target["key"], target["value"] = "map", (of_key := _dict()), (of_value := _dict())
            yield from ((key, of_key), (value, of_value))
        case Union(types):
            target["type"], target["types"] = "uniontype", (members := [_dict() for _ in types])
            yield from zip(types, members, strict=True)
        case Struct(fields):
            target["type"], target["fields"] = "struct", (rows := [_plain_field(field) for field in fields])
            yield from ((field.type, row) for field, row in zip(fields, rows, strict=True))


def _dict() -> dict[str, object]:
    return {}


def _plain_field(field: Field) -> dict[str, object]:
    row: dict[str, object] = {"name": field.name}
    if field.comment is not None:
        row["comment"] = field.comment
    if not field.nullable:
        row["nullable"] = False
    return row


# Trees: parts, equality, printing.


def _parts(node: _Node) -> tuple[_Node, ...]:
    match node:
        case Array(element):
            return (element,)
        case Map(key, value):
            return (key, value)
        case Union(types):
            return types
        case Struct(fields):
            return tuple(field.type for field in fields)
        case Field():
            return (node.type,)
    return ()


def _own(node: _Node) -> object:
    """Everything of a node that is not a part of it, comparable without recursion."""
    match node:
        case Primitive(name, args):
            return name, args
        case Struct(fields):
            return [(field.name, field.comment, field.nullable) for field in fields]
        case Field():
            return node.name, node.comment, node.nullable
    return len(_parts(node))


def _same(left: _Node, right: _Node) -> bool:
    todo = [(left, right)]
    while todo:
        left, right = todo.pop()
        if left is right:
            continue
        if type(left) is not type(right) or _own(left) != _own(right):
            return False
        todo += zip(_parts(left), _parts(right), strict=True)
    return True


def _printed(tree: _Node, *, bare: bool = False) -> Iterator[str]:
    todo: list[_Node | str] = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        else:
            todo.extend(reversed(_pieces(item, bare=bare)))


def _pieces(node: _Node, *, bare: bool) -> list[_Node | str]:
    match node:
        case Primitive(name, args):
            return [_print_primitive(name, args)]
        case Field() if bare:
            return [node.name if _BARE.fullmatch(node.name) else _quote_name(node.name), ":", node.type]
        case Field():
            null = "" if node.nullable else " not null"
            comment = "" if node.comment is None else f" comment {_quote_comment(node.comment)}"
            return [_quote_name(node.name), ":", node.type, null, comment]
        case Struct(fields):
            return _bracket("struct", fields)
    return _bracket(_GENERIC_NAMES[type(node)], _parts(node))


def _bracket(name: str, parts: tuple[_Node, ...]) -> list[_Node | str]:
    pieces: list[_Node | str] = [name, "<"]
    for index, part in enumerate(parts):
        pieces += [",", part] if index else [part]
    return [*pieces, ">"]


def _print_primitive(name: str, args: tuple[int | str, ...]) -> str:
    if not args:
        return name
    printed = f"({','.join(map(str, args))})"
    if name.endswith("time zone"):  # SQL puts the precision behind the first word
        word, _, rest = name.partition(" ")
        return f"{word}{printed} {rest}"
    return name + printed


def _quote_name(name: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return name
    return "`" + name.replace("`", "``") + "`"


def _quote_comment(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
