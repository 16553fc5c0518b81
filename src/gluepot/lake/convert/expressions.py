"""What an SQL expression of a plan file may be: one value from one row's columns, the same whenever it is computed.

DuckDB parses; this looks at the tree that it gives (`json_serialize_sql`).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gluepot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BEFORE: Final = "SELECT (\n"
AFTER: Final = "\n)"
"""What an expression is parsed between: the new line ends a comment of its last line."""

_REFUSED: Final = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a star",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a column by its number",
    "DEFAULT": "DEFAULT",
}
"""Classes of nodes that are no function of a row."""

_PURE_MACROS: Final = frozenset(
    {
        "array_append", "array_pop_back", "array_pop_front", "array_prepend", "array_push_back", "array_push_front",
        "array_reverse", "array_to_string", "date_add", "days_in_month", "fdiv", "fmod", "if", "list_append",
        "list_prepend", "list_reverse", "map_contains_entry", "map_contains_value", "md5_number_lower",
        "md5_number_upper", "nullif", "split_part",
    }
)  # fmt: skip
"""Macros of DuckDB that are functions of their arguments; others ask for the time, the user or the server."""

_UNSTABLE: Final = {
    "hash": "its values differ between versions of DuckDB: use sha256() or md5()",
    "in_search_path": "it depends on the session",
    "error": "it fails on purpose",
}
"""Functions that DuckDB calls stable, or that need words of their own."""


@dataclass(frozen=True, slots=True)
class Functions:
    """DuckDB's own functions: name -> kinds (`scalar`, `aggregate`, ...) and stabilities."""

    kinds: Mapping[str, frozenset[str]]
    unstable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression, looked at.

    Args:
        what: What it is, for errors: `the filter of orders`, `column total of orders`.
        text: The SQL.
        columns: Source columns that it uses.
    """

    what: str
    text: str
    columns: tuple[str, ...]


def expression_of(what: str, text: str, tree: Mapping[str, Any], names: Sequence[str], known: Functions) -> Expression:
    """Check an expression's tree, and find the columns that it uses.

    Args:
        what: What it is, for errors.
        text: The SQL.
        tree: What DuckDB's `json_serialize_sql` gives for the text between BEFORE and AFTER.
        names: The source's columns.
        known: DuckDB's functions.

    Raises:
        ConfigError: It cannot be parsed, is not one expression, uses a column that is not there, or is no function
            of a row.
    """
    if not text.strip():
        raise ConfigError(f"{what} is empty", "", "write one value, or leave it out")
    if tree["error"]:
        hint = """it is DuckDB's SQL, one expression; columns called like words of SQL need quotes, as in "at\""""
        raise ConfigError(f"{what} cannot be parsed", _shown(text, tree), hint)
    node = _only(tree)
    if node is None:
        raise ConfigError(f"{what} is not one expression", _quoted(text), "write one value, without SELECT or ;")
    for part in _nodes(node):
        _refuse(what, text, part, known)
    used = dict.fromkeys(_column(what, path, names) for path in _references(node, frozenset()) if path)
    return Expression(what, text, tuple(used))


def _only(tree: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the one expression of a statement that is nothing else."""
    if len(tree["statements"]) != 1:
        return None
    node = tree["statements"][0]["node"]
    whole = node.get("type") == "SELECT_NODE" and not node["modifiers"] and len(node["select_list"]) == 1
    bare = whole and node["from_table"]["type"] == "EMPTY" and not any(
        node[part] for part in ("where_clause", "group_expressions", "having", "qualify", "sample")
    )  # fmt: skip
    return node["select_list"][0] if bare else None


def _nodes(part: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - JSON
    """Give every node of a tree."""
    if isinstance(part, dict):
        if "class" in part:
            yield part
        for child in part.values():
            yield from _nodes(child)
    elif isinstance(part, list):
        for child in part:
            yield from _nodes(child)


def _refuse(what: str, text: str, node: Mapping[str, Any], known: Functions) -> None:
    if node["class"] in _REFUSED:
        why = f"it has {_REFUSED[node['class']]}"
        raise ConfigError(f"{what} is not a value of one row", f"{why}: {_quoted(text)}", "use columns and functions")
    if node["class"] != "FUNCTION":
        return
    name = node["function_name"].lower()
    kinds = known.kinds.get(name, frozenset())
    if name == "unnest" or (kinds and kinds <= {"aggregate", "window"}):
        why = f"{name}() makes several rows of one" if name == "unnest" else f"{name}() looks at many rows"
        raise ConfigError(f"{what} is not a value of one row", why, "use columns and functions of one row")
    if name in _UNSTABLE or name in known.unstable:
        why = f"{name}(): {_UNSTABLE.get(name, 'it is not the same each time, and a load that goes on must be')}"
        raise ConfigError(f"{what} would not be the same when it is loaded again", why, "use columns and constants")
    if kinds == {"macro"} and not (name in _PURE_MACROS or name.startswith("list_")):
        raise ConfigError(f"{what} uses {name}()", "it may depend on more than its arguments", "use another function")


def _references(part: Any, bound: frozenset[str]) -> Iterator[Sequence[str]]:  # noqa: ANN401 - JSON
    """Give the paths of all column references that are no parameter of a lambda."""
    if isinstance(part, list):
        for child in part:
            yield from _references(child, bound)
    elif isinstance(part, dict):
        if part.get("class") == "COLUMN_REF":
            yield part["column_names"] if part["column_names"][0] not in bound else ()
        elif part.get("class") == "LAMBDA":
            yield from _of_lambda(part, bound)
        else:
            for child in part.values():
                yield from _references(child, bound)


def _of_lambda(node: Mapping[str, Any], bound: frozenset[str]) -> Iterator[Sequence[str]]:
    """Look into `lambda x: ...`; `a -> b` may be that too, or take a member out of JSON."""
    if node["syntax_type"] == "LAMBDA_KEYWORD":
        own = frozenset(path[0] for path in _references(node["lhs"], frozenset()))
        yield from _references(node["expr"], bound | own)
    elif node["lhs"].get("class") == "COLUMN_REF" and node["expr"].get("class") != "CONSTANT":
        yield from _references(node["expr"], bound | {node["lhs"]["column_names"][0]})
    else:
        yield from _references(node["lhs"], bound)
        yield from _references(node["expr"], bound)


def _column(what: str, path: Sequence[str], names: Sequence[str]) -> str:
    """Find the source column that a reference begins with: exactly, or whatever its case where that is clear."""
    name = path[0]
    if name in names:
        return name
    alike = [known for known in names if known.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    near = alike or difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(names))}"
    raise ConfigError(f"{what} uses column {name!r}", "the source has no column of this name", hint)


def _shown(text: str, tree: Mapping[str, Any]) -> str:
    """Show a syntax error at its place. DuckDB's position counts bytes from 0, and our own opening is before it."""
    position = tree.get("position")
    message = str(tree.get("error_message", "")).strip()
    if position is None or not str(position).isdigit():
        return f"{message}: {_quoted(text)}"
    at = len(text.encode()[: max(0, int(position) - len(BEFORE))].decode(errors="ignore"))
    if at >= len(text):
        return f"it ends too early: {_quoted(text)}"
    line_start = text.rfind("\n", 0, at) + 1
    line = text[line_start:].split("\n", 1)[0]
    return f"{message}\n  {line}\n  {' ' * (at - line_start)}^"


def _quoted(text: str) -> str:
    return " ".join(text.split())
