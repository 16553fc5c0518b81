"""Rows on a terminal: what fits, and what is said of the rest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gluepot.cli.query.grid import Column, cell, grid

NAMED = [Column("id", right=True), Column("name"), Column("note")]
CELLS = st.one_of(st.none(), st.text(max_size=120))


def test_columns_stand_below_each_other_and_numbers_at_the_right() -> None:
    laid = grid(NAMED, [["1", "Ann", None], ["20", "Zoë", ""]])
    assert laid.lines == ("id  name  note", "──  ────  ────", " 1  Ann   null", "20  Zoë   ''")
    assert laid.is_whole


def test_null_no_text_and_the_word_null_are_told_apart() -> None:
    assert [cell(None), cell(""), cell("null")] == ["null", "''", "'null'"]


def test_text_that_is_too_long_is_cut_and_its_column_named() -> None:
    laid = grid(NAMED, [["1", "Ann", "x" * 300]], 60)
    assert laid.shortened == ("note",)
    assert laid.lines[2].endswith("x…")
    assert laid.hidden == ()


def test_numbers_are_never_cut() -> None:
    wide = [Column("a", right=True), Column("b", right=True), Column("c", right=True)]
    laid = grid(wide, [["1" * 38, "2" * 38, "3" * 38]], 80)
    assert "1" * 38 in laid.lines[2]
    assert "2" * 38 in laid.lines[2]
    assert (laid.hidden, laid.shortened) == (("c",), ())


def test_columns_without_room_are_named() -> None:
    many = [Column(f"column_{number}") for number in range(12)]
    laid = grid(many, [["value"] * 12], 80)
    shown = laid.lines[0].split()
    assert shown == [f"column_{number}" for number in range(len(shown))]
    assert laid.hidden == tuple(f"column_{number}" for number in range(len(shown), 12))


def test_control_characters_do_not_reach_the_terminal() -> None:
    laid = grid([Column("\x1b[31mred")], [["\x07bell\n\u202e"]])
    assert laid.lines[0] == "\\x1b[31mred"
    assert laid.lines[2] == "\\x07bell\\n\\u202e"


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5), st.integers(60, 200))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str | None, ...]], width: int) -> None:
    columns = [Column("a"), Column("b"), Column("c")]
    assert max(map(cell_len, grid(columns, rows, width).lines)) <= width
