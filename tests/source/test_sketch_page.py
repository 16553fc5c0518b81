"""The page of a keyspace: whole in itself, escaped, and with a line wherever two boxes belong together."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.source.keyspaces import HOSTILE, PERSON, SAMPLE, SEEN, TEXT, TITLES, VALUE, columns, seen_table

from gluepot.cassandra.cql import CqlType, Table
from gluepot.cli.source import sources
from gluepot.mask.credentials import Redactor
from gluepot.source.hidden import hidden
from gluepot.source.layout import ROWS, draw
from gluepot.source.page import LONGEST, page
from gluepot.source.seen import Sample, Seen, SeenType

OURS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "div", "ul", "li", "a",
    "span", "small", "svg", "g", "path", "circle", "h1", "h2", "h3", "p", "b", "i", "table", "thead", "tbody", "tr",
    "th", "td", "code",
}  # fmt: skip
"""Every element that the page of a table may have."""

VOID = {"meta", "path", "circle", "br"}


class Parsed(HTMLParser):
    """The elements of a page, their text, and whether every one was closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Note an end tag that ends nothing."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def having(self, kind: str) -> list[tuple[str, dict[str, str]]]:
        """Give the elements of a class."""
        return [(tag, told) for tag, told in self.elements if kind in told.get("class", "").split()]


@pytest.fixture(scope="module")
def text() -> str:
    return page(SEEN)


@pytest.fixture(scope="module")
def parsed(text: str) -> Parsed:
    return Parsed(text)


def test_the_page_is_well_formed(parsed: Parsed) -> None:
    assert (parsed.wrong, parsed.open) == ([], [])


def test_every_table_view_and_type_has_a_box_and_a_part(parsed: Parsed) -> None:
    boxes = parsed.having("box")
    assert [told["class"] for _, told in boxes] == ["box table"] * 3 + ["box view"] + ["box type"] * 2
    assert [told["id"] for _, told in parsed.having("part")] == [f"part-{at}" for at in range(6)]


def test_names_values_and_comments_are_text_and_nothing_else(parsed: Parsed) -> None:
    assert HOSTILE in parsed.texts
    assert "</td><script>alert(2)</script>\\x1b[31m\\u202e" in parsed.texts
    assert [tag for tag, _ in parsed.elements if tag in {"script", "img", "link", "iframe", "object"}] == []
    assert [name for _, told in parsed.elements for name in told if name.startswith("on")] == []


def test_nothing_is_fetched_and_nothing_may_run(parsed: Parsed, text: str) -> None:
    (policy,) = (told["content"] for _, told in parsed.elements if told.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src-elem 'sha256-")
    assert re.findall(r"https?:|url\(|@import|src=", text) == []
    assert {told["href"][0] for tag, told in parsed.elements if tag == "a"} == {"#"}


def test_the_page_follows_the_readers_choice_of_dark_or_light(text: str) -> None:
    assert "prefers-color-scheme: dark" in text
    assert "color-scheme: light dark" in text


def test_keys_are_marked(parsed: Parsed) -> None:
    marks = [told["class"] for _, told in parsed.having("mark") if told["class"] != "mark "]
    assert {mark: marks.count(f"mark {mark}") for mark in "KCS"} == {
        "K": 5,
        "C": 4,
        "S": 2,
    }  # the legend has one of each


def test_a_wide_table_says_how_many_columns_its_box_leaves_out(parsed: Parsed) -> None:
    assert f"and {61 - ROWS + 1} more" in parsed.texts
    assert "c59" in parsed.texts


def test_null_and_no_text_are_told_apart(text: str) -> None:
    assert "<i>null</i>" in text
    assert "<i>empty</i>" in text


def test_a_value_that_is_shortened_says_so(parsed: Parsed) -> None:
    assert "x" * LONGEST + "… of 5,000 characters" in parsed.texts
    assert f"one value is shortened to {LONGEST:,} characters" in parsed.texts


def test_an_empty_table_says_so(parsed: Parsed) -> None:
    assert "the table is empty" in parsed.texts


def test_a_decimal_says_what_it_needs(parsed: Parsed) -> None:
    assert any("decimal(p,s)" in one for one in parsed.texts)


def links() -> set[tuple[str, str, str]]:
    drawing = draw(SEEN)
    return {(link.kind, drawing.boxes[link.start[0]].name, drawing.boxes[link.end[0]].name) for link in drawing.links}


def test_tables_with_a_key_column_of_one_name_and_type_are_linked() -> None:
    assert ("key", "titles", "watches") in links()


def test_columns_are_linked_to_the_types_that_they_are_made_of_and_no_further() -> None:
    found = {link for link in links() if link[0] == "type"}
    assert found == {("type", "watches", "address"), ("type", "watches", "person"), ("type", "person", "address")}


def test_a_view_is_linked_to_its_table() -> None:
    assert ("view", "by_title", "titles") in links()


def test_key_columns_of_other_types_are_not_linked() -> None:
    other = Table("ks", "other", columns(("show_id", CqlType("int"), "K")))
    seen = replace(SEEN, tables=(seen_table(TITLES), seen_table(other)), types=())
    assert draw(seen).links == ()


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_boxes_never_cover_each_other(sizes: list[int]) -> None:
    tables = [
        Table(
            "ks", f"t{at}", columns(("k", CqlType("int"), "K"), *((f"c{n}", CqlType("text"), "") for n in range(size)))
        )
        for at, size in enumerate(sizes)
    ]
    drawing = draw(replace(SEEN, tables=tuple(map(seen_table, tables)), types=()))
    assert len(drawing.boxes) == len(sizes)
    for at, one in enumerate(drawing.boxes):
        assert one.at[0] + one.width <= drawing.width
        assert one.at[1] + one.height <= drawing.height
        for other in drawing.boxes[:at]:
            apart = one.at[0] >= other.at[0] + other.width or other.at[0] >= one.at[0] + one.width
            assert apart or one.at[1] >= other.at[1] + other.height or other.at[1] >= one.at[1] + one.height


@given(st.text(min_size=1), st.text(), st.text())
def test_any_name_and_any_value_stay_text(name: str, value: str, comment: str) -> None:
    table = Table("ks", name, columns((name, CqlType("text"), "K")), comment=comment)
    sample = Sample((name,), (False,), ((value,),))
    parsed = Parsed(page(Seen(cluster="c", keyspace=name, tables=(seen_table(table, sample),), types=(), seen="now")))
    assert (parsed.wrong, parsed.open) == ([], [])
    assert {tag for tag, _ in parsed.elements} <= OURS


def test_the_page_of_one_table_and_of_an_empty_keyspace_are_pages() -> None:
    for tables in (SEEN.tables[:1], ()):
        parsed = Parsed(page(replace(SEEN, tables=tables, types=())))
        assert (parsed.wrong, parsed.open) == ([], [])


def test_the_sample_has_hostile_values() -> None:
    assert SAMPLE.rows[0][1] == VALUE


def test_the_page_and_the_text_and_json_hold_no_credential() -> None:
    token = "ghp_" + "a1B2" * 9
    login = Table(
        "ks",
        "logins",
        columns(("user", TEXT, "K"), ("password", TEXT, ""), ("notes", TEXT, ""), (f"x {token}", PERSON, "")),
        comment="fed from jdbc:postgresql://reader:Tr0ub4dor3x@db/sales",
    )
    fields = {"name": "ann", "api_key": "0f9e8d7c6b5a"}
    rows = (("ann", "swordfish", f"see {token}", fields), ("bob", None, "nothing", [("token", "0f9e8d7c6b5b"), 5]))
    sample = Sample(("user", "password", "notes", f"x {token}"), (False,) * 4, rows)
    made = Seen(
        cluster="c",
        keyspace="ks",
        tables=(replace(seen_table(login, sample), unread=""),),
        types=(SeenType(f"of {token}", (("secret=hunter2hunter2", TEXT),)),),
        seen="now",
    )
    seen = hidden(made, Redactor())
    shown = (page(seen), sources.as_text(seen, 0), json.dumps(sources.as_plain(seen)))
    for text in shown:
        for secret in (token, "Tr0ub4dor3x", "swordfish", "0f9e8d7c6b5a", "0f9e8d7c6b5b", "hunter2hunter2"):
            assert secret not in text
        assert "ann" in text
        assert "nothing" in text
