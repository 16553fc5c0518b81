"""What the kernels have in common: how they are compiled, and words read and written wherever they stand."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import config
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

config._config_fname = ""  # noqa: SLF001 - or it takes settings, its cache's place among them, from the working folder

BYTES: Final = types.Array(types.uint8, 1, "C", readonly=True)
OUT: Final = types.uint8[::1]
I32: Final = types.int32[::1]
I64: Final = types.int64[::1]
U64: Final = types.uint64[::1]
TABLE: Final = types.int32[:, ::1]
INT: Final = types.int64

Function: TypeAlias = "Callable[..., Any]"


def stamp(folder: Path) -> str:
    """Tell one state of the kernels' files from another; empty where they are no files, as within a zip file."""
    texts = [path.read_bytes() for path in sorted(folder.glob("*.py"))]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12] if texts else ""


STAMP: Final = stamp(Path(__file__).parent)
"""Part of each kernel's name in the cache. Numba looks at the kernel's own file alone, and would run what was compiled
with an older version of this one: https://numba.readthedocs.io/en/stable/developer/caching.html"""


def kernel(*signature: Any) -> Callable[[Function], Function]:  # noqa: ANN401 - numba types
    """Compile a function that returns an int64, without the GIL, and keep it where a folder can be written for that."""

    def decorate(function: Function) -> Function:
        function.__qualname__ += f"-{STAMP}"
        try:
            made: Function = njit(INT(*signature), nogil=True, error_model="numpy", cache=True)(function)
        except RuntimeError:  # no folder for a cache: https://github.com/numba/numba/issues/4032
            made = njit(INT(*signature), nogil=True, error_model="numpy")(function)
        return made

    return decorate


helper = njit(nogil=True, error_model="numpy")
"""Marks a function that kernels call: it becomes part of them, and is neither compiled nor kept on its own."""


def _loader(kind: Any, *, swapped: bool) -> Any:  # noqa: ANN401 - numba types
    """Make what reads a word at any byte of an array, without a check of bounds."""

    def load(_context: Any, array: Any, _at: Any) -> Any:  # noqa: ANN401 - numba types
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401 - LLVM's
            pointer = _pointer(context, builder, signature.args[0], args, kind)
            word = builder.load(pointer, align=1)
            return builder.bswap(word) if swapped else word

        return kind(array, types.int64), generate

    return intrinsic(load)


def _storer(kind: Any) -> Any:  # noqa: ANN401 - numba types
    """Make what writes a word at any byte of an array, without a check of bounds."""

    def store(_context: Any, array: Any, _at: Any, _word: Any) -> Any:  # noqa: ANN401 - numba types
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401 - LLVM's
            builder.store(args[2], _pointer(context, builder, signature.args[0], args, kind), align=1)
            return context.get_dummy_value()

        return types.void(array, types.int64, kind), generate

    return intrinsic(store)


def _pointer(context: Any, builder: Any, array_type: Any, args: Any, kind: Any) -> Any:  # noqa: ANN401 - LLVM's
    array = context.make_array(array_type)(context, builder, args[0])
    data = builder.bitcast(array.data, ir.IntType(8).as_pointer())
    return builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(kind.bitwidth).as_pointer())


big16 = _loader(types.uint16, swapped=True)
big32 = _loader(types.uint32, swapped=True)
big64 = _loader(types.uint64, swapped=True)
word32 = _loader(types.uint32, swapped=False)
word64 = _loader(types.uint64, swapped=False)
put8 = _storer(types.uint8)
put16 = _storer(types.uint16)
put32 = _storer(types.uint32)
put64 = _storer(types.uint64)


@helper
def length_at(page, at):  # type: ignore[no-untyped-def]
    """Read a signed big-endian length of four bytes."""
    return np.int64(np.int32(big32(page, at)))
