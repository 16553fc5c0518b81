"""Nothing raw reaches a terminal, and lines fit."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.cli import say


@given(st.text())
def test_safe_text_is_printable_and_keeps_what_is_harmless(text: str) -> None:
    told = say.safe(text)
    assert told.isprintable()
    assert not say._BIDI & set(told)
    assert told == text or not text.isprintable() or say._BIDI & set(text)
    told.encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\ud800", r"\ud800"),
        ("\u202etxt", r"\u202etxt"),
        ("größe 表", "größe 表"),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_escapes(raw: str, told: str) -> None:
    assert say.safe(raw) == told


def test_a_stream_that_cannot_encode_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    say.data("größe")
    assert raw.getvalue() == b"gr\\xf6\\xdfe\n"


def test_tables_and_facts_line_up() -> None:
    assert say.table([("a", "1 row"), ("bbb", "22 rows")], frozenset({1}), "  ") == "  a      1 row\n  bbb  22 rows"
    assert say.facts([("a", 1), ("none", ""), ("long", "x")]) == "a     1\nlong  x"
    assert say.table([]) == ""


def test_whatever_is_printed_is_redacted_and_rows_of_a_query_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    text, told = "see postgresql://reader:Tr0ub4dor3x@h/d", "see postgresql://reader:***@h/d"
    say.data(text)
    say.tell(text)
    say.warn(text)
    say.hint(text)
    say.data(say.table([("a", text)]))
    say.data(say.facts([("about", text)]))
    say.data_json({"about": text, "rows": [{"password": "swordfish", "secret": "sales-credentials"}], 5: None})
    shown = capsys.readouterr()
    assert "Tr0ub4dor3x" not in shown.out + shown.err
    assert "swordfish" not in shown.out
    assert '"secret": "sales-credentials"' in shown.out
    assert shown.out.count(told) == 4
    assert shown.err == f"{told}\nwarning: {told}\nnext: {told}\n"
    say.rows(text)
    assert capsys.readouterr().out == f"{text}\n"
