"""Token ranges cover the ring exactly, however it is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.cassandra.cql import MAX_TOKEN, MIN_TOKEN, Range
from gluepot.cassandra.splits import cover, halves, whole_ring

TOKENS = st.lists(st.integers(MIN_TOKEN + 1, MAX_TOKEN - 1), unique=True, max_size=40).map(sorted)


@given(tokens=TOKENS, wanted=st.integers(1, 3000))
def test_ranges_follow_each_other_from_the_first_token_to_the_last(tokens: list[int], wanted: int) -> None:
    ranges = cover(tokens, wanted)
    assert (ranges[0].start, ranges[-1].end) == (MIN_TOKEN, MAX_TOKEN)
    assert all(one.end == other.start for one, other in itertools.pairwise(ranges))
    assert all(one.start < one.end for one in ranges)


@given(tokens=TOKENS, wanted=st.integers(1, 3000))
def test_there_are_about_as_many_as_wanted(tokens: list[int], wanted: int) -> None:
    assert wanted - len(tokens) - 1 <= len(cover(tokens, wanted)) <= wanted + len(tokens) + 1


@given(tokens=TOKENS, wanted=st.integers(100, 3000))
def test_no_range_crosses_a_nodes_boundary_once_there_are_enough(tokens: list[int], wanted: int) -> None:
    edges = {one.end for one in cover(tokens, wanted)}
    assert set(tokens) <= edges


@given(start=st.integers(MIN_TOKEN, MAX_TOKEN - 1), data=st.data())
def test_halves_make_the_whole(start: int, data: st.DataObject) -> None:
    end = data.draw(st.integers(start + 1, MAX_TOKEN))
    parts = halves(Range(start, end))
    assert (parts[0].start, parts[-1].end) == (start, end)
    assert len(parts) == (2 if end - start > 1 else 1)


@pytest.mark.parametrize("wanted", [1, 7, 50_000])
def test_tens_of_thousands_of_ranges_are_made_as_well_as_one(wanted: int) -> None:
    ranges = cover([], wanted)
    assert len(ranges) == wanted
    widths = {one.end - one.start for one in ranges}
    assert max(widths) - min(widths) <= 1


def test_the_whole_ring_leaves_out_only_the_token_that_no_partition_has() -> None:
    assert whole_ring() == (-(2**63), 2**63 - 1)
