"""Rows sorted into partitions on the local disk, in a file that has no name, so that memory does not grow with them."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pyarrow as pa

from gluepot.errors import LakeError
from gluepot.lake.commit.parquet import full

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from gluepot.lake.kernels.arrays import Column

Values = tuple[Any, ...]
"""One partition: a value for each field of the spec, null where the column's was null."""

_LZ4: Final = pa.ipc.IpcWriteOptions(compression="lz4")


class Spill:
    """Takes rows in any order and gives them back partition by partition.

    Args:
        folder: Where the file is; None for the system's place for temporary files.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file: Any = tempfile.TemporaryFile(dir=folder, prefix="gluepot-", buffering=0)  # noqa: SIM115 - __exit__ closes it
        self._size = 0
        self._places: dict[Values, list[tuple[int, int]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, keys: Sequence[Column], rows: pa.Table) -> None:
        """Take rows.

        Args:
            keys: Partition values, an array for each field of the spec.
            rows: As many rows.

        Raises:
            OutputError: The local disk is full.
        """
        order, starts = grouped(keys)
        ordered = rows.take(order)
        for at, start in enumerate(starts):
            end = starts[at + 1] if at + 1 < len(starts) else len(order)
            values = tuple(key[int(order[start])].as_py() for key in keys)
            self._places.setdefault(values, []).append(self._put(ordered.slice(start, end - start)))

    def partitions(self) -> list[Values]:
        """Give the partitions, in an order that is the same for the same rows."""
        return sorted(self._places, key=lambda values: [(value is not None, repr(value)) for value in values])

    def rows(self, values: Values) -> Iterator[pa.RecordBatch]:
        """Give the rows of a partition, in the order in which they came; threads may read at once."""
        for start, size in self._places[values]:
            data = os.pread(self._file.fileno(), size, start)
            if len(data) < size:
                raise LakeError(
                    "the temporary file of the second pass was cut", str(self._folder or ""), "run it again"
                )
            yield from pa.ipc.open_stream(data)

    def _put(self, rows: pa.Table) -> tuple[int, int]:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema, options=_LZ4) as stream:
            stream.write_table(rows)
        data = memoryview(sink.getvalue())
        start, at = self._size, 0
        while at < len(data):
            try:
                at += self._file.write(data[at:])
            except OSError as error:
                raise full(error, self._folder) from error
        self._size += len(data)
        return start, len(data)


def grouped(keys: Sequence[Column]) -> tuple[NDArray[np.int64], list[int]]:
    """Sort rows by partition.

    Returns:
        The rows' places in that order, rows of one partition as they came; and where each partition starts in it.
    """
    codes = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        coded = key.dictionary_encode(null_encoding="encode")
        _, codes = np.unique(codes, return_inverse=True)  # numbers stay small, however many fields there are
        codes = codes * len(coded.dictionary) + coded.indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable").astype(np.int64)
    ordered = codes[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(order) else np.zeros(0, np.int64)
    return order, [int(start) for start in starts]
