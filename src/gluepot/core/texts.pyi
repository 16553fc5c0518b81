from typing import TypeAlias

from numpy import int32, uint8
from numpy.typing import NDArray

Data: TypeAlias = bytes | memoryview | NDArray[uint8]
Out: TypeAlias = NDArray[uint8]

def measure(lengths: NDArray[int32], starts: NDArray[int32], bitmap: Out) -> int: ...
def copy(page: Data, offsets: NDArray[int32], lengths: NDArray[int32], starts: NDArray[int32], out: Out) -> bool: ...
def is_utf8(data: Data, starts: NDArray[int32]) -> bool: ...
def not_utf8(data: Data, starts: NDArray[int32], wrong: Out) -> int: ...
def uuids(page: Data, offsets: NDArray[int32], lengths: NDArray[int32], starts: NDArray[int32], out: Out) -> int: ...
def addresses(
    page: Data,
    offsets: NDArray[int32],
    lengths: NDArray[int32],
    starts: NDArray[int32],
    out: Out,
) -> int: ...
