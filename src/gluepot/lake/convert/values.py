"""One column from what the scan gives to what the lake holds, however deeply nested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from gluepot.errors import ConfigError
from gluepot.lake.convert import exact
from gluepot.lake.convert.exact import Unfit, nulls_of
from gluepot.lake.kernels import arrays
from gluepot.lake.types.typemap import arrow_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gluepot.cassandra.cql import CqlType
    from gluepot.lake.convert.exact import Losses, Step
    from gluepot.lake.kernels.arrays import Column
    from gluepot.lake.types.typetext import LakeType

ArrowType: TypeAlias = Any
"""An Arrow type: pyarrow's stubs do not know the parts of nested ones."""

_LISTS = frozenset({"list", "set", "vector"})


def step_of(kind: CqlType, lake: LakeType) -> Step:
    """Make the step that converts a column.

    Args:
        kind: The CQL type that is read.
        lake: The type that is written.

    Returns:
        A function from a scan-level array to a lake array of exactly `arrow_tree(lake)`; it raises Unfit for values
        that do not fit, or counts them.

    Raises:
        ConfigError: The one does not become the other.
    """
    if kind.name in _LISTS and lake.name == "list":
        return _list(step_of(kind.args[0], lake.args[0]), arrow_tree(lake))
    if kind.name == "map" and lake.name == "map":
        return _map(step_of(kind.args[0], lake.args[0]), step_of(kind.args[1], lake.args[1]), arrow_tree(lake))
    if kind.name == "map" and lake.name == "list" and lake.args[0].name == "struct":
        key, value = lake.args[0].args
        return _entries(step_of(kind.args[0], key), step_of(kind.args[1], value), arrow_tree(lake))
    if kind.name in {"udt", "tuple"} and lake.name == "struct" and len(kind.args) == len(lake.args):
        return _struct([step_of(arg, to) for arg, to in zip(kind.args, lake.args, strict=True)], lake)
    return _plain(kind, lake)


def _plain(kind: CqlType, lake: LakeType) -> Step:
    if lake.name == "decimal" and kind.name in {"varint", "decimal"}:
        return exact.to_decimal(lake.precision, lake.scale)
    if (kind.name, lake.name) in _STEPS:
        return _STEPS[kind.name, lake.name]
    if (kind.name, lake.name) not in _SAME and (kind.name != "duration" or lake.name != "struct"):
        raise ConfigError(f"a column of type {kind} does not become {lake}", "", "make a plan of the source as it is")
    return exact.cast_to(arrow_tree(lake))


_STEPS: dict[tuple[str, str], Step] = {
    ("timestamp", "timestamptz"): exact.to_timestamptz,
    ("timestamp", "string"): exact.timestamp_text,
    ("timestamp", "long"): exact.to_long,
    ("date", "date"): exact.to_date,
    ("date", "string"): exact.date_text,
    ("date", "long"): exact.to_long,
}

_SAME = (
    {(name, "string") for name in ("ascii", "text", "varchar", "uuid", "timeuuid", "inet", "varint", "decimal")}
    | {(name, lake) for name in ("tinyint", "smallint", "int") for lake in ("int", "long")}
    | {(name, "long") for name in ("bigint", "counter", "time")}
    | {(name, name) for name in ("float", "double", "boolean")}
    | {("float", "double")}
    | {(name, "binary") for name in ("blob", "custom", "empty", "udt", "tuple")}
)
"""What becomes what by a plain cast."""


def reshaped(lake: LakeType) -> Step:
    """Make the step from what SQL made to exactly the lake's Arrow type: names of nested fields, time zones, years."""
    target: ArrowType = arrow_tree(lake)
    if lake.name == "list":
        return _list(reshaped(lake.args[0]), target)
    if lake.name == "map":
        return _map(reshaped(lake.args[0]), reshaped(lake.args[1]), target)
    if lake.name == "struct":
        return _struct([reshaped(arg) for arg in lake.args], lake)
    return {"timestamp": exact.checked_times, "timestamptz": exact.checked_times, "date": exact.to_date}.get(
        lake.name, exact.cast_to(target)
    )


def _tidy(array: Column) -> tuple[NDArray[np.int64], list[Column], NDArray[np.bool_]]:
    """Take a list or map apart: bounds, children, nulls; nothing stands under nulls."""
    nulls = nulls_of(array)
    bounds, parts = arrays.children(array)
    if nulls.any() and np.diff(bounds)[nulls].any():
        bounds, parts = arrays.children(array.take(pa.array(np.arange(len(array)))))
    return bounds, parts, nulls


def _list(inner: Step, target: ArrowType) -> Step:
    def step(array: Column, losses: Losses) -> Column:
        bounds, (elements,), nulls = _tidy(array)
        return _listed(bounds, _inside(inner, elements, losses, bounds, ".element"), target, nulls)

    return step


def _listed(bounds: NDArray[np.int64], elements: Column, target: ArrowType, nulls: NDArray[np.bool_]) -> Column:
    places = pa.array(bounds, pa.int32())
    return pa.ListArray.from_arrays(places, elements, type=target, mask=pa.array(nulls))


def _entries(key: Step, value: Step, target: ArrowType) -> Step:
    """Convert a map whose keys are not simple to a list of structs."""

    def step(array: Column, losses: Losses) -> Column:
        bounds, (keys, items), nulls = _tidy(array)
        members = [
            _inside(key, keys, losses, bounds, ".key"),
            _inside(value, items, losses, bounds, ".value"),
        ]
        entries = pa.StructArray.from_arrays(members, fields=list(target.value_type))
        return _listed(bounds, entries, target, nulls)

    return step


def _map(key: Step, value: Step, target: ArrowType) -> Step:
    """Convert a map; one with a key that is given up is given up whole, since keys are never null."""

    def step(array: Column, losses: Losses) -> Column:
        bounds, (keys, items), nulls = _tidy(array)
        keys = _inside(key, keys, losses, bounds, ".key")
        items = _inside(value, items, losses, bounds, ".value")
        if keys.null_count:
            bounds, keys, items, nulls = _without(bounds, keys, items, nulls)
        places: Any = pa.array(bounds, pa.int32())
        return pa.MapArray.from_arrays(places, keys, items, type=target, mask=pa.array(nulls))

    return step


def _without(
    bounds: NDArray[np.int64], keys: Column, items: Column, nulls: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], Column, Column, NDArray[np.bool_]]:
    """Make maps null that have a null key."""
    owners = np.repeat(np.arange(len(nulls)), np.diff(bounds))
    given_up = nulls.copy()
    given_up[owners[nulls_of(keys)]] = True
    kept = pa.array(~given_up[owners])
    lengths = np.where(given_up, 0, np.diff(bounds))
    return np.concatenate(([0], np.cumsum(lengths))), keys.filter(kept), items.filter(kept), given_up


def _struct(inner: Sequence[Step], lake: LakeType) -> Step:
    target: ArrowType = arrow_tree(lake)

    def step(array: Column, losses: Losses) -> Column:
        members = [
            _member(inner_step, values, losses, name)
            for inner_step, values, name in zip(inner, array.flatten(), lake.fields, strict=True)
        ]
        return pa.StructArray.from_arrays(members, fields=list(target), mask=pa.array(nulls_of(array)))

    return step


def _member(step: Step, values: Column, losses: Losses, name: str) -> Column:
    try:
        return step(values, losses)
    except Unfit as unfit:
        raise Unfit(unfit.index, unfit.value, unfit.why, f".{name}{unfit.path}") from None


def _inside(step: Step, values: Column, losses: Losses, bounds: NDArray[np.int64], path: str) -> Column:
    """Convert elements; say of one that does not fit in which list it is."""
    try:
        return step(values, losses)
    except Unfit as unfit:
        owner = int(np.searchsorted(bounds, unfit.index, side="right")) - 1
        raise Unfit(owner, unfit.value, unfit.why, path + unfit.path) from None
