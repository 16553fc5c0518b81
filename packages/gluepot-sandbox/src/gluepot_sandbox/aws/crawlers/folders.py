"""Which tables a crawler sees in a tree of folders: folders of one look are partitions, others are tables.

https://docs.aws.amazon.com/glue/latest/dg/crawler-grouping-policy.html and "Setting up Glue crawlers", "How does a
crawler determine when to create partitions?".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gluepot_sandbox.aws.crawlers.schemas import merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot_sandbox.aws.crawlers.schemas import Schema

SIMILAR: Final = 0.7
"""Share of columns that two folders must have in common to be one table."""


@dataclass(frozen=True, slots=True)
class File:
    """An object, classified."""

    key: str  # behind the bucket
    size: int
    schema: Schema


@dataclass(slots=True)
class Folder:
    """A folder of the tree."""

    parts: tuple[str, ...]  # the bucket first
    files: list[File] = field(default_factory=list)
    below: dict[str, Folder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table as the crawler sees it: where it begins, what it looks like, and the folders that hold its files."""

    root: tuple[str, ...]
    schema: Schema
    leaves: dict[tuple[str, ...], Schema]  # behind the root

    @property
    def depth(self) -> int:
        """How deep its leaves lie; -1 where they do not agree."""
        depths = {len(leaf) for leaf in self.leaves}
        return depths.pop() if len(depths) == 1 else -1

    @property
    def location(self) -> str:
        """Where it lies; a file's own location has no slash behind it."""
        path = "s3://" + "/".join(self.root)
        return path if self.is_file else path + "/"

    @property
    def is_file(self) -> bool:
        """Whether it is one file of a folder whose files differ."""
        return self.leaves == {}

    @property
    def partition_keys(self) -> list[str]:
        """Name its partition keys: those of `key=value`, else `partition_N`."""
        levels = list(zip(*self.leaves, strict=True)) if self.depth > 0 else []
        keys = [{part.partition("=")[0] if "=" in part else "" for part in level} for level in levels]
        return [
            key.pop().lower() if len(key) == 1 and "" not in key else f"partition_{at}" for at, key in enumerate(keys)
        ]

    def values(self, leaf: tuple[str, ...]) -> list[str]:
        """Give the values of a leaf's partition."""
        return [part.partition("=")[2] if "=" in part else part for part in leaf]


def tree(base: tuple[str, ...], files: Sequence[File]) -> Folder:
    """Hang classified files into folders, `base` (bucket, then folders) at the top."""
    top = Folder(base)
    for file in files:
        parts = (base[0], *file.key.split("/"))[len(base) : -1]
        folder = top
        for part in parts:
            folder = folder.below.setdefault(part, Folder((*folder.parts, part)))
        folder.files.append(file)
    return top


def tables(folder: Folder, *, level: int = 0, combine: bool = False) -> list[FoundTable]:
    """Find the tables of a folder.

    Args:
        folder: Where to look.
        level: `TableLevelConfiguration`: the depth, the bucket's being 1, at which tables stand; 0 lets the looks say.
        combine: `CombineCompatibleSchemas`: one format is enough to be one table.
    """
    own = _of_files(folder, combine=combine)
    below = [found for child in folder.below.values() for found in tables(child, level=level, combine=combine)]
    found = [*own, *below]
    if level and len(folder.parts) != level and not _is_below(folder, level):
        return found
    together = level == len(folder.parts) or _belong(found, combine=combine or bool(level))
    return [_joined(folder.parts, found)] if len(found) > 0 and together and _fit(found, folder) else found


def added(bucket: str, files: Sequence[File], known: Sequence[str]) -> tuple[list[FoundTable], list[File]]:
    """Give the tables that new folders belong to, with these folders only, and the files that belong to none."""
    held: dict[tuple[str, ...], dict[tuple[str, ...], list[Schema]]] = {}
    others = []
    for file in files:
        folder = (bucket, *file.key.split("/")[:-1])
        roots = [tuple(place.removeprefix("s3://").rstrip("/").split("/")) for place in known]
        root = next((root for root in roots if folder[: len(root)] == root), None)
        if root is None:
            others.append(file)
        else:
            held.setdefault(root, {}).setdefault(folder[len(root) :], []).append(file.schema)
    found = []
    for root, leaves in held.items():
        schemas = {leaf: _all(each) for leaf, each in leaves.items()}
        found.append(FoundTable(root, _all(list(schemas.values())), schemas))
    return found, others


def name_of(found: FoundTable, prefix: str) -> str:
    """Name a table as the crawler does: the last folder, in lower case, odd characters replaced."""
    return re.sub(r"[^a-z0-9_]", "_", (prefix + found.root[-1]).lower())


def _is_below(folder: Folder, level: int) -> bool:
    return len(folder.parts) > level


def _of_files(folder: Folder, *, combine: bool) -> list[FoundTable]:
    """One table of a folder's own files; where they differ, one of each file."""
    if not folder.files:
        return []
    schemas = [file.schema for file in folder.files]
    if all(_similar(schemas[0], other, combine=combine) for other in schemas[1:]):
        return [FoundTable(folder.parts, _all(schemas), {(): _all(schemas)})]
    return [FoundTable((*folder.parts, file.key.rsplit("/", 1)[-1]), file.schema, {}) for file in folder.files]


def _belong(found: Sequence[FoundTable], *, combine: bool) -> bool:
    return bool(found) and all(_similar(found[0].schema, other.schema, combine=combine) for other in found[1:])


def _fit(found: Sequence[FoundTable], folder: Folder) -> bool:
    """Tell whether the leaves of all lie equally deep, so that every one is a partition of the same keys."""
    depths = {
        len(table.root) - len(folder.parts) + table.depth for table in found if table.depth >= 0 and not table.is_file
    }
    return len(depths) == 1 and all(table.depth >= 0 and not table.is_file for table in found)


def _joined(root: tuple[str, ...], found: Sequence[FoundTable]) -> FoundTable:
    leaves = {(*table.root[len(root) :], *leaf): schema for table in found for leaf, schema in table.leaves.items()}
    return FoundTable(root, _all([table.schema for table in found]), leaves)


def _all(schemas: Sequence[Schema]) -> Schema:
    whole = schemas[0]
    for other in schemas[1:]:
        whole = merged(whole, other)
    return whole


def _similar(left: Schema, right: Schema, *, combine: bool) -> bool:
    if left.classification != right.classification:
        return False
    return combine or len(left.names & right.names) >= SIMILAR * max(len(left.names), len(right.names))
