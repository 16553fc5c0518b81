from typing import TypeAlias

from numpy import int32, uint8, uint64
from numpy.typing import NDArray

Data: TypeAlias = bytes | memoryview | NDArray[uint8]
Out: TypeAlias = NDArray[uint8]

def varints(page: Data, offsets: NDArray[int32], lengths: NDArray[int32], out: NDArray[uint64]) -> int: ...
def decimals(
    page: Data,
    offsets: NDArray[int32],
    lengths: NDArray[int32],
    head: int,
    starts: NDArray[int32],
    out: Out,
) -> int: ...
