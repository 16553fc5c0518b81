from typing import TypeAlias

from numpy import int64, uint8, uint64
from numpy.typing import NDArray

Data: TypeAlias = bytes | memoryview | NDArray[uint8]

def xxh64(data: Data) -> int: ...
def ints(values: Data, width: int, bits: Data, first: int, out: NDArray[uint64]) -> None: ...
def booleans(values: Data, bits: Data, first: int, out: NDArray[uint64]) -> None: ...
def floats(values: Data, width: int, bits: Data, first: int, out: NDArray[uint64]) -> None: ...
def texts(data: Data, places: Data, width: int, bits: Data, first: int, out: NDArray[uint64]) -> None: ...
def decimals(values: Data, scale: int, bits: Data, first: int, out: NDArray[uint64]) -> None: ...
def lists(
    words: NDArray[uint64],
    bounds: NDArray[int64],
    bits: Data,
    first: int,
    room: NDArray[uint64],
    out: NDArray[uint64],
) -> None: ...
def maps(
    words: NDArray[uint64],
    bounds: NDArray[int64],
    bits: Data,
    first: int,
    room: NDArray[uint64],
    out: NDArray[uint64],
) -> None: ...
def rows(words: NDArray[uint64], bits: Data, first: int, out: NDArray[uint64]) -> None: ...
