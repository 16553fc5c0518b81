"""What lake/ uses of pyiceberg beyond its documented surface is as it was when that was written."""

from __future__ import annotations

import inspect
from importlib.metadata import version

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.io.pyarrow import (
    ArrowProjectionVisitor,
    _combine_positional_deletes,
    _get_column_projection_values,
    _read_all_delete_files,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.schema import Schema
from pyiceberg.table import CreateTableTransaction, Table, TableProperties, Transaction
from pyiceberg.table.update.schema import UpdateSchema
from pyiceberg.table.update.snapshot import UpdateSnapshot, _FastAppendFiles, _OverwriteFiles, _SnapshotProducer
from pyiceberg.types import LongType, NestedField


def parameters(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)


def test_the_version_is_the_one_that_was_looked_at() -> None:
    assert version("pyiceberg").startswith("0.12.")


def test_a_snapshot_is_built_from_files_of_our_own() -> None:
    assert parameters(_SnapshotProducer.append_data_file) == ["self", "data_file"]
    assert parameters(_SnapshotProducer.delete_data_file) == ["self", "data_file"]
    assert parameters(_SnapshotProducer.delete_by_predicate)[:2] == ["self", "predicate"]
    assert isinstance(inspect.getattr_static(_SnapshotProducer, "snapshot_id"), property)
    assert issubclass(_OverwriteFiles, _SnapshotProducer)
    assert issubclass(_FastAppendFiles, _SnapshotProducer)
    assert parameters(UpdateSnapshot.overwrite)[0] == parameters(UpdateSnapshot.fast_append)[0] == "self"
    assert "discard_deleted" in parameters(ManifestFile.fetch_manifest_entry)
    assert parameters(DataFile.from_args)[0] == "_table_format_version"


def test_a_commit_is_not_repeated_where_the_property_says_so() -> None:
    assert TableProperties.COMMIT_NUM_RETRIES == "commit.retry.num-retries"
    source = inspect.getsource(Transaction.commit_transaction)
    assert "properties = self._table.metadata.properties" in source
    assert "CommitFailedException" not in inspect.getsource(CreateTableTransaction.commit_transaction)


def test_a_table_is_written_in_one_place_with_the_version_that_is_replaced() -> None:
    source = inspect.getsource(GlueCatalog)
    assert source.count("self.glue.update_table(") == 1
    assert "VersionId=version_id" in inspect.getsource(GlueCatalog._update_glue_table)
    assert "client" in parameters(GlueCatalog.__init__)


def test_a_schema_can_be_changed_without_committing_it() -> None:
    assert parameters(UpdateSchema._apply) == ["self"]
    assert inspect.signature(UpdateSchema._apply).return_annotation == "Schema"


def test_one_file_can_be_read_batch_by_batch() -> None:
    assert parameters(_read_all_delete_files) == ["io", "tasks"]
    assert parameters(_combine_positional_deletes) == ["positional_deletes", "start_index", "end_index"]
    assert parameters(_get_column_projection_values)[1:4] == ["projected_schema", "table_schema", "partition_spec"]
    assert parameters(ArrowProjectionVisitor.list) == ["self", "list_type", "list_array", "value_array"]
    assert parameters(ArrowProjectionVisitor.map) == ["self", "map_type", "map_array", "key_result", "value_result"]
    assert parameters(ArrowProjectionVisitor._cast_if_needed) == ["self", "field", "values"]
    assert parameters(ArrowProjectionVisitor._construct_field) == ["self", "field", "arrow_type"]


def test_statistics_are_read_from_a_footer() -> None:
    schema = Schema(NestedField(1, "a", LongType(), required=False))
    assert list(compute_statistics_plan(schema, {})) == [1]
    assert parquet_path_to_id_mapping(schema) == {"a": 1}
    assert parameters(data_file_statistics_from_parquet_metadata) == [
        "parquet_metadata",
        "stats_columns",
        "parquet_column_mapping",
    ]


def test_a_table_can_be_given_other_properties_in_memory() -> None:
    assert "metadata" in Table.__annotations__
