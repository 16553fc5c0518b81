from typing import TypeAlias

from numpy import int64, uint8, uint64
from numpy.typing import NDArray

Data: TypeAlias = bytes | memoryview | NDArray[uint8]
Out: TypeAlias = NDArray[uint8]

def parsed(
    data: Data,
    bounds: NDArray[int64],
    valid: Data,
    precision: int,
    scale: int,
    words: NDArray[uint64],
    status: Out,
) -> None: ...
