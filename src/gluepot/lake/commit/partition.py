"""The second pass of a partitioned table: staged ranges become few, large files, each of one partition.

Written straight from the ranges there would be a file for every range and partition. So ranges are staged whole, then
read once more, sorted into partitions on the local disk, and written again. What does not fit the disk at once is done
in shares: each takes the partitions whose values hash to it, and is recorded when it is done, so that a run that was
cut short goes on with the next. A twin takes over the shares that it finds.
"""

from __future__ import annotations

import base64
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gluepot.lake.commit import layout
from gluepot.lake.commit.parquet import Roller
from gluepot.lake.commit.partvalues import values_of
from gluepot.lake.commit.spill import Spill, grouped
from gluepot.plan.records import StagedFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema

    from gluepot.lake.commit.parquet import Shape, Written
    from gluepot.lake.commit.spill import Values
    from gluepot.lake.commit.store import Store
    from gluepot.lake.kernels.arrays import Column

FILE_BYTES: Final = 256 * 1024 * 1024
SHARE_BYTES: Final = 20 * 1024 * 1024 * 1024
"""Of the local disk that one share may take."""

GROWTH: Final = 3
"""How much larger rows are on the local disk than in the staged files, at most, for most data."""

CHUNK_BYTES: Final = 64 * 1024 * 1024
"""Of Arrow's memory: rows that are sorted into partitions at once."""

AT_ONCE: Final = 4
"""Partitions written at once: each holds a row group."""


@dataclass(frozen=True, slots=True)
class LocalDisk:
    """The local disk, as a load uses it.

    Args:
        folder: Where files are while they grow; None for the system's place for temporary files.
        file_bytes: When a partition's file is ended.
        share_bytes: What one share of the partitions may take.
    """

    folder: Path | None = None
    file_bytes: int = FILE_BYTES
    share_bytes: int = SHARE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioner:
    """A second pass: writes the files of partitions.

    Args:
        store: The table's location.
        load_id: The load.
        schema: The table's.
        spec: Its partitioning.
        shape: What files look like.
        disk: Where rows are on the local disk.
    """

    store: Store
    load_id: str
    schema: Schema
    spec: PartitionSpec
    shape: Shape
    disk: LocalDisk

    def files(self, staged: Sequence[StagedFile]) -> tuple[list[StagedFile], list[Values]]:
        """Write the partition files of staged ones, or find them written.

        Returns:
            The files, and the partition of each.

        Raises:
            OutputError: The local disk is full.
            LakeError: A file could not be read or sent.
        """
        of = max(1, -(-sum(file.bytes for file in staged) * GROWTH // self.disk.share_bytes))
        shares = [self._share(staged, number, of) for number in range(of)]
        files = [file for share in shares for file in share.files]
        return files, [tuple(map(plain, values)) for share in shares for values in share.values]

    def _share(self, staged: Sequence[StagedFile], number: int, of: int) -> layout.Share:
        key = layout.share_key(self.load_id, number, of)
        share = self.store.read(key, layout.Share)
        if share is not None:
            return share
        with Spill(self.disk.folder) as spill:
            for rows in self._chunks(staged):
                self._sort(rows, spill, number, of)
            partitions = spill.partitions()
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="partition") as pool:
                names = [f"p{number}-{at:06}" for at in range(len(partitions))]
                written = list(pool.map(lambda name, values: self._write(name, spill, values), names, partitions))
        files = [(file, values) for made, values in zip(written, partitions, strict=True) for file in made]
        share = layout.Share(
            files=tuple(file for file, _ in files),
            values=tuple(tuple(map(tagged, values)) for _, values in files),
        )
        return self.store.create(key, share)

    def _sort(self, rows: pa.Table, spill: Spill, number: int, of: int) -> None:
        keys = self._keys(rows)
        if of > 1:
            chosen = pa.array(shares(keys, of) == number)
            rows, keys = rows.filter(chosen), [key.filter(chosen) for key in keys]
        if rows.num_rows:
            spill.add(keys, rows)

    def _keys(self, rows: pa.Table) -> list[Column]:
        found = []
        for field in self.spec.fields:
            source = self.schema.find_field(field.source_id)
            found.append(values_of(field.transform, source.field_type)(rows.column(source.name).combine_chunks()))
        return found

    def _chunks(self, staged: Sequence[StagedFile]) -> Iterator[pa.Table]:
        """Read the staged files in their order, as chunks of one size; the next file comes while one is sorted."""
        waiting: list[pa.RecordBatch] = []
        size = 0
        for batch in self._batches(staged):
            waiting.append(batch)
            size += batch.nbytes
            if size >= CHUNK_BYTES:
                yield pa.Table.from_batches(waiting).combine_chunks()
                waiting, size = [], 0
        if waiting:
            yield pa.Table.from_batches(waiting).combine_chunks()

    def _batches(self, staged: Sequence[StagedFile]) -> Iterator[pa.RecordBatch]:
        with ThreadPoolExecutor(1, thread_name_prefix="ahead") as ahead:
            coming = None
            for at in range(len(staged)):
                body = coming.result() if coming else self.store.get(staged[at].key)
                following = staged[at + 1].key if at + 1 < len(staged) else ""
                coming = ahead.submit(self.store.get, following) if following else None
                file = pq.ParquetFile(pa.BufferReader(body))
                for group in range(file.num_row_groups):
                    yield from file.read_row_group(group).to_batches()

    def _write(self, name: str, spill: Spill, values: Values) -> list[StagedFile]:
        files: list[StagedFile] = []

        def send(file: Written) -> None:
            key = f"{layout.data_folder(self.load_id)}/{name}-{len(files):03}-{file.digest[:16]}.parquet"
            self.store.upload(key, file.body, file.bytes)
            files.append(StagedFile(key=key, rows=file.rows, bytes=file.bytes, metrics=file.metrics))

        roller = Roller(self.shape, self.disk.folder, send, self.disk.file_bytes)
        try:
            for batch in spill.rows(values):
                roller.write(batch)
            roller.close()
        finally:
            roller.drop()
        return files


def shares(keys: Sequence[Column], of: int) -> NDArray[np.int64]:
    """Give each row the share that its partition belongs to, the same in every process."""
    order, starts = grouped(keys)
    found = np.zeros(len(order), np.int64)
    for at, start in enumerate(starts):
        end = starts[at + 1] if at + 1 < len(starts) else len(order)
        values = tuple(key[int(order[start])].as_py() for key in keys)
        found[order[start:end]] = zlib.crc32(repr(values).encode()) % of
    return found


def tagged(value: Any) -> Any:  # noqa: ANN401 - a partition value
    """Write a partition value in JSON's types."""
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return {"decimal": str(value)} if isinstance(value, Decimal) else value


def plain(value: Any) -> Any:  # noqa: ANN401 - a partition value
    """Read what `tagged` wrote."""
    if not isinstance(value, dict):
        return value
    return base64.b64decode(value["bytes"]) if "bytes" in value else Decimal(value["decimal"])
