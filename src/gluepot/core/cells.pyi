from typing import TypeAlias

from numpy import int32, uint8
from numpy.typing import NDArray

Data: TypeAlias = bytes | memoryview | NDArray[uint8]

def of_page(page: Data, offsets: NDArray[int32], lengths: NDArray[int32]) -> int: ...
def count_elements(
    page: Data,
    offsets: NDArray[int32],
    lengths: NDArray[int32],
    each: int,
    starts: NDArray[int32],
) -> int: ...
def of_collections(
    page: Data,
    offsets: NDArray[int32],
    lengths: NDArray[int32],
    inner_offsets: NDArray[int32],
    inner_lengths: NDArray[int32],
) -> int: ...
def of_structs(
    page: Data,
    offsets: NDArray[int32],
    lengths: NDArray[int32],
    inner_offsets: NDArray[int32],
    inner_lengths: NDArray[int32],
) -> int: ...
def of_vectors(
    page: Data,
    offsets: NDArray[int32],
    lengths: NDArray[int32],
    count: int,
    width: int,
    starts: NDArray[int32],
    inner_offsets: NDArray[int32],
    inner_lengths: NDArray[int32],
) -> int: ...
