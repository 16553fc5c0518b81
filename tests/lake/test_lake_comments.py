"""Comments that Glue does not take are cut to what it does, with dots, and stand whole beside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.lakes import load, planned

from gluepot.glue.lake_tables import COMMENT_BYTES, comment
from gluepot_sandbox.aws import validation
from gluepot_sandbox.aws.patterns import compiled

if TYPE_CHECKING:
    from tests.support.lakes import World

LONG = f"text {'é' * 200} of\ntwo lines"


@given(st.one_of(st.text(max_size=300), st.text("é🎬\n\x00x ", min_size=120, max_size=300)))
def test_a_comment_is_one_line_that_glue_takes_and_says_where_it_is_cut(text: str) -> None:
    made = comment(text)
    pattern = validation.model("glue").shape_for("CommentString").metadata["pattern"]
    assert compiled(pattern).fullmatch(made)
    assert len(made.encode()) <= COMMENT_BYTES
    words = " ".join(re.sub(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]", " ", text).split())
    assert made == words or (made.endswith("...") and words.startswith(made[:-3]))
    assert comment(made) == made


@pytest.mark.parametrize("format", ["iceberg", "parquet"])
def test_what_does_not_fit_stands_whole_in_the_columns_parameters(world: World, format: str) -> None:  # noqa: A002 - as plans call it
    table = planned(format=format)
    first, second = table.columns
    table = msgspec.structs.replace(table, columns=(msgspec.structs.replace(first, comment=LONG), second))
    load(world.lake, table, "one", [(1, "x")])
    load(world.lake, table, "two", [(2, "y")])
    made, short = world.glue_table(table.name)["StorageDescriptor"]["Columns"]
    assert made["Comment"].startswith("text éé")
    assert made["Comment"].endswith("...")
    assert made["Parameters"]["gluepot.comment"] == LONG
    assert short["Comment"] == second.comment
    assert "gluepot.comment" not in short["Parameters"]
