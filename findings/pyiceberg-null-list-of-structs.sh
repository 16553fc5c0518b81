#!/usr/bin/env bash
# pyiceberg 0.12.0: a scan gives an empty list for a null one whose elements are structs; the same for maps of structs.
#
# Expected: null stays null. pyarrow reads it so from the very file that the scan reads, and the file's null counts say so.
# Seen: [] and [] in place of None and None where elements or values are structs, None where they are integers: where the
# scan builds a list or map anew it keeps the offsets and leaves the validity out (ArrowProjectionVisitor.list and .map).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check "pyiceberg[sql-sqlite]==0.12.0" pyarrow==25.0.1
"$folder/env/bin/python" - "$folder" <<'PY'
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import IntegerType, ListType, MapType, NestedField, StringType, StructType

folder = sys.argv[1]
catalog = SqlCatalog("c", uri=f"sqlite:///{folder}/c.db", warehouse=f"file://{folder}/w")
catalog.create_namespace("n")
pair = StructType(NestedField(10, "a", IntegerType()))
schema = Schema(
    NestedField(1, "structs", ListType(4, pair, element_required=False)),
    NestedField(2, "named", MapType(5, StringType(), 6, pair, value_required=False)),
    NestedField(3, "numbers", ListType(7, IntegerType(), element_required=False)),
)
table = catalog.create_table("n.t", schema)
arrow = table.schema().as_arrow()
path = f"{folder}/nothing.parquet"  # written by pyarrow: append() goes the same way as the scan
pq.write_table(pa.Table.from_arrays([pa.nulls(1, field.type) for field in arrow], schema=arrow), path)
file = DataFile.from_args(
    content=DataFileContent.DATA, file_path=path, file_format=FileFormat.PARQUET, partition=Record(), record_count=1,
    file_size_in_bytes=1, column_sizes={}, value_counts={}, null_value_counts={}, nan_value_counts={}, lower_bounds={},
    upper_bounds={}, split_offsets=[4], sort_order_id=None, spec_id=0, equality_ids=None, key_metadata=None,
)
with table.transaction() as change, change.update_snapshot().fast_append() as producer:
    producer.append_data_file(file)
read, scanned = pq.read_table(path).to_pylist(), table.scan().to_arrow().to_pylist()
print("pyarrow  ", read)
print("pyiceberg", scanned)
assert read == [{"structs": None, "named": None, "numbers": None}]
assert scanned == [{"structs": [], "named": [], "numbers": None}], "the behaviour has changed"
PY
echo "as described"
