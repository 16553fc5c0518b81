"""Pages over any listing hold each record once, in order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot_sandbox.aws import tokens
from gluepot_sandbox.aws.answers import RefusalError
from gluepot_sandbox.aws.listing import Injected, Named, Record, read_page
from gluepot_sandbox.aws.seeds import SeedTables
from gluepot_sandbox.aws.settings import SeedDatabases
from gluepot_sandbox.aws.tokens import Cursor

if TYPE_CHECKING:
    from gluepot_sandbox.aws.listing import Segment

KEY = b"k" * 16


def named(names: list[str]) -> Named:
    return Named(sorted(names), lambda name: Record(name.encode(), b"{}"))


def read_all(segments: list[Segment], limit: int, pattern: re.Pattern[str] | None = None) -> list[bytes]:
    """Read page after page, each cursor sent through a token."""
    found: list[bytes] = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        page, cursor = read_page(segments, cursor, limit, pattern)
        assert len(page) <= limit
        found += [record.name for record in page]
        if cursor is not None:
            cursor = tokens.unseal(KEY, "b", tokens.seal(KEY, "b", cursor), None)
    return found


@given(
    st.lists(st.text("abc", min_size=1, max_size=4), unique=True, max_size=12),
    st.integers(0, 12),
    st.integers(0, 6),
    st.integers(1, 7),
)
def test_every_record_is_on_one_page(names: list[str], simulated: int, injected: int, limit: int) -> None:
    raws = [Record(b"raw", b"?", raw=True)] * injected
    segments: list[Segment] = [named(names), SeedTables(SeedDatabases(tables=simulated), "d", "1"), Injected(raws)]
    expected = [name.encode() for name in sorted(names)]
    expected += [b"table_%07d" % i for i in range(simulated)] + [b"raw"] * injected
    assert read_all(segments, limit) == expected


@given(st.lists(st.text("ab", min_size=1, max_size=3), unique=True), st.integers(1, 4))
def test_a_pattern_leaves_what_matches_whole_names(names: list[str], limit: int) -> None:
    found = read_all([named(names)], limit, re.compile("a.*"))
    assert found == [name.encode() for name in sorted(names) if name.startswith("a")]


@given(st.binary(max_size=80))
def test_no_forged_token_opens(forged: bytes) -> None:
    import base64

    with pytest.raises(RefusalError, match="Invalid pagination token"):
        tokens.unseal(KEY, "b", base64.b64encode(forged).decode(), None)
