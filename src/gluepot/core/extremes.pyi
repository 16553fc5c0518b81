from typing import TypeAlias

from numpy import uint8
from numpy.typing import NDArray

Data: TypeAlias = bytes | memoryview | NDArray[uint8]

def of_texts(data: Data, places: Data, width: int, bits: Data, first: int, count: int) -> tuple[int, int]: ...
