"""Format `parquet`: the records of format `jsonl` as Parquet files, one per family.

Rows are staged as JSON lines, so that a database is there whole or not at all as in the other formats. When the
run is through, each file of lines becomes one of Parquet. A part of 256 MB of lines makes a part of far fewer
Parquet bytes: the lines spell out every member's name. Attributes, details and type trees have no fixed shape,
so they are JSON in a column of strings.
"""

from __future__ import annotations

import importlib.util
import io
from typing import TYPE_CHECKING, Any

from gluepot.collector.extract.jsonl import FAMILIES, JsonlFormat
from gluepot.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

BATCH_BYTES = 8 * 1024 * 1024
"""Lines that are turned into one row group at a time; a single longer line is a batch of its own."""


class ParquetFormat:
    """Writes records as lines, and files of lines as Parquet.

    Raises:
        MissingExtraError: pyarrow is not installed; said before anything is read.
    """

    suffix = "parquet.lines"

    def __init__(self) -> None:
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingExtraError.of("parquet", "the format 'parquet'")
        lines = JsonlFormat(nest=str)
        self.header, self.database, self.table = lines.header, lines.database, lines.table
        self.linkage, self.event = lines.linkage, lines.event

    def final_name(self, name: str) -> str:
        """Name the file that a file of lines becomes."""
        return name.removesuffix(".lines")

    def convert(self, family: str, lines: Path, target: io.RawIOBase) -> None:
        """Write a file of lines as Parquet, with no more than a batch of it in memory.

        Args:
            family: The family that the lines belong to.
            lines: The file of lines.
            target: Where the Parquet file goes; it stays open.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415 - lazy: start-up, and pyarrow is an extra

        schema = schema_of(family)
        file: Any = target  # pyarrow's stubs know no raw files
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for batch in _batches(lines):
                writer.write_table(_read(batch, schema))


def schema_of(family: str) -> pa.Schema:
    """Lay out a family's columns: those of its lines, typed."""
    import pyarrow as pa  # noqa: PLC0415 - lazy: start-up, and pyarrow is an extra

    moment = pa.timestamp("s", tz="UTC")
    types: dict[str, pa.DataType] = {
        "created_at": moment,
        "updated_at": moment,
        "event_at": moment,
        "ordinal_position": pa.int32(),
        "is_partition_key": pa.bool_(),
        "confidence": pa.float64(),
    }
    return pa.schema([(name, types.get(name, pa.string())) for name in FAMILIES[family].__struct_fields__])


def _read(batch: bytes, schema: pa.Schema) -> pa.Table:
    import pyarrow.json as pj  # noqa: PLC0415 - lazy: start-up, and pyarrow is an extra

    # one block for the whole batch: a line that lies in two blocks is an error
    read = pj.ReadOptions(use_threads=False, block_size=len(batch) + 1)
    parse = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    return pj.read_json(io.BytesIO(batch), read_options=read, parse_options=parse)


def _batches(lines: Path) -> Iterator[bytes]:
    """Go through a file in batches of whole lines."""
    with lines.open("rb") as file:
        while batch := _batch(file):
            yield batch


def _batch(file: Any) -> bytes:  # noqa: ANN401 - a binary file
    body: bytes = file.read(BATCH_BYTES)
    return body if body.endswith(b"\n") else body + file.readline()
