"""A statement's rows: by pages of GetQueryResults, or all at once from the object that Athena wrote.

Pages hold 1,000 rows each, so that an answer of more than one is read from S3, where it may be read. Null and text of
no length are told apart in both: a null is a datum without a value, and in the CSV nothing between commas, where text
of no length is `""` (https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa
import pyarrow.csv as pcsv

from gluepot.athena.values import field_of, typed
from gluepot.errors import LakeError, LandingError
from gluepot.host import capped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gluepot.athena.values import Texts

PAGE: Final = 1000
"""Rows of a page, at the most."""

_BLOCK: Final = 64 * 1024 * 1024
"""Bytes that Arrow parses at once; Athena's rows are not longer than half of it."""


class Objects(Protocol):
    """A folder of an object store."""

    def get(self, name: str, most: int) -> bytes | None:
        """Read an object of so many bytes at the most; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """How an answer is fetched.

    Args:
        execution: As GetQueryExecution gives it.
        page: Asks for a page, with further parameters of GetQueryResults.
        landing: Opens a location in S3.
    """

    execution: Mapping[str, Any]
    page: Callable[[dict[str, Any]], dict[str, Any]]
    landing: Callable[[str], Objects]


def fetch(found: Fetch) -> pa.Table:
    """Give the whole answer of a statement that succeeded.

    Raises:
        LakeError: It is not what Athena said it would be.
    """
    first = found.page({"MaxResults": PAGE})
    columns = first["ResultSet"]["ResultSetMetadata"].get("ColumnInfo", [])
    rows = _without_header(found.execution, columns, _rows(first))
    if not first.get("NextToken"):
        return _table(columns, _by_columns(columns, rows))
    texts = _from_object(found, columns)
    return _table(columns, texts if texts is not None else _by_columns(columns, rows + _paged(found, first)))


def _table(columns: Sequence[Mapping[str, Any]], texts: Sequence[Texts]) -> pa.Table:
    typed_columns = [typed(text, column) for text, column in zip(texts, columns, strict=True)]
    schema = pa.schema(
        [field_of(column, typed_column.type) for typed_column, column in zip(typed_columns, columns, strict=True)]
    )
    return pa.Table.from_arrays(typed_columns, schema=schema)


def _rows(page: Mapping[str, Any]) -> list[list[str | None]]:
    return [[cell.get("VarCharValue") for cell in row.get("Data", [])] for row in page["ResultSet"].get("Rows", [])]


def _without_header(
    execution: Mapping[str, Any], columns: Sequence[Mapping[str, Any]], rows: list[list[str | None]]
) -> list[list[str | None]]:
    """Leave out the first row of a SELECT's first page, which repeats the names; SHOW and DESCRIBE have none."""
    is_header = bool(rows) and execution.get("StatementType", "DML") == "DML"
    return rows[1:] if is_header and rows[0] == [column["Name"] for column in columns] else rows


def _by_columns(columns: Sequence[Any], rows: Sequence[Sequence[str | None]]) -> list[Texts]:
    """Turn rows; those of SHOW and DESCRIBE may be shorter than their columns say."""
    return [
        pa.chunked_array([pa.array([row[at] if at < len(row) else None for row in rows], pa.string())])
        for at in range(len(columns))
    ]


def _paged(found: Fetch, first: Mapping[str, Any]) -> list[list[str | None]]:
    """Read the pages behind the first."""
    rows: list[list[str | None]] = []
    more = first.get("NextToken")
    while more:
        page = found.page({"MaxResults": PAGE, "NextToken": more})
        rows += _rows(page)
        more = page.get("NextToken")
    return rows


def _from_object(found: Fetch, columns: Sequence[Any]) -> list[Texts] | None:
    """Read the CSV that Athena wrote; None where there is none, or it may not be read."""
    location = found.execution.get("ResultConfiguration", {}).get("OutputLocation", "")
    if not location.endswith(".csv"):
        return None
    folder, _, name = location.rpartition("/")
    try:
        body = found.landing(folder).get(name, capped.GENERATION)
    except LandingError:
        return None
    return None if body is None else parsed(body, len(columns))


def parsed(body: bytes, width: int) -> list[Texts]:
    """Read Athena's CSV, its header left out, as text and null.

    Args:
        body: The whole object.
        width: How many columns there are.

    Raises:
        LakeError: It is not such a CSV.
    """
    names = [str(at) for at in range(width)]
    try:
        table = pcsv.read_csv(
            io.BytesIO(body),
            read_options=pcsv.ReadOptions(column_names=names, block_size=_BLOCK),
            # of one column, a null is an empty line
            parse_options=pcsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pcsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise LakeError("Athena's result cannot be read", str(error), "run the statement again") from error
    return [table.column(name).slice(1) for name in names]
