from typing import TypeAlias

from numpy import int32, int64, uint8
from numpy.typing import NDArray

Data: TypeAlias = bytes | memoryview | NDArray[uint8]
Out: TypeAlias = NDArray[uint8]

def validity(lengths: NDArray[int32], least: int, bitmap: Out) -> int: ...
def gather(page: Data, offsets: NDArray[int32], lengths: NDArray[int32], width: int, out: Out, bitmap: Out) -> int: ...
def booleans(page: Data, offsets: NDArray[int32], lengths: NDArray[int32], out: Out, bitmap: Out) -> int: ...
def durations(
    page: Data,
    offsets: NDArray[int32],
    lengths: NDArray[int32],
    months: NDArray[int32],
    days: NDArray[int32],
    nanos: NDArray[int64],
) -> int: ...
def runs(
    page: Data,
    offsets: NDArray[int32],
    lengths: NDArray[int32],
    count: int,
    width: int,
    starts: NDArray[int32],
    out: Out,
) -> int: ...
