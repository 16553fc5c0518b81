"""What Glue takes of a table, held against a plan: the text of a type, what a table says of itself, the whole record.

Glue documents the first two: https://docs.aws.amazon.com/glue/latest/webapi/API_Column.html, and API_TableInput.html.
Of the request it says only that its payload "exceeded limit", which was seen with some 3,600 columns:
https://github.com/apache/iceberg-go/issues/701.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gluepot.config.tomledit import bare
from gluepot.lake.types.typemap import glue_of
from gluepot.text import counted

if TYPE_CHECKING:
    from gluepot.cassandra.cql import Table
    from gluepot.loader.plan.refusal import Findings
    from gluepot.plan.table import PlannedTable

TYPE_CHARACTERS: Final = 131_072
PARAMETER_BYTES: Final = 512_000
RECORD_BYTES: Final = 1_000_000

BESIDE: Final = 200
"""Bytes of a column in a request beside its name, type, comment and origin: what pyiceberg says of its field."""


def check(source: Table, made: PlannedTable, found: Findings) -> None:
    """Note what Glue would refuse of a table, once all of its rows are staged."""
    from gluepot.lake.commit import marks  # noqa: PLC0415 - beside its use

    types = {column.name: glue_of(column.type) for column in made.columns}
    for column in made.columns:
        size = len(types[column.name])
        if size > TYPE_CHARACTERS:
            name = column.source or column.name
            what = f"the type of {name} has {size:,} characters in Glue, which takes {TYPE_CHARACTERS:,}"
            found.refuse(source.name, what, f'drop it, or load it as text: cast.{bare(name)} = "VARCHAR"')
    told = len(marks.columns_text(made).encode())
    if told > PARAMETER_BYTES:
        many = counted(len(made.columns), "column")
        what = f"to say what {many} were takes {told:,} bytes, and a parameter in Glue has {PARAMETER_BYTES:,}"
        found.refuse(source.name, what, _FEWER)
        return
    whole = told + sum(_size(made, types).values())
    if whole > RECORD_BYTES:
        what = (
            f"a record of {len(made.columns):,} columns takes about {whole:,} bytes, more than Glue takes in a request"
        )
        found.refuse(source.name, what, _FEWER)


_FEWER: Final = "drop columns, or keep nested ones as text"


def _size(made: PlannedTable, types: dict[str, str]) -> dict[str, int]:
    """Give what each column takes in a request, about."""
    from gluepot.lake.commit import marks  # noqa: PLC0415 - beside its use

    origins = marks.originals(made)
    return {
        column.name: len(column.name)
        + len(types[column.name])
        + len(column.comment.encode())
        + len(msgspec.json.encode(origins[column.name]))
        + BESIDE
        for column in made.columns
    }
