"""Names in the lake are legal, never alike, and stay as they are when others come."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.lake.types.names import MAX_BYTES, athena, hive, is_legal, lake_names

ANY = st.one_of(
    st.text(max_size=12),
    st.text("aAbB_1", min_size=1, max_size=3),
    st.text("é\n.\"'`日ßİ", max_size=4),
    st.text("x", min_size=250, max_size=260),
)
NAMES = st.lists(ANY, unique=True, max_size=12)


@given(NAMES)
def test_names_are_legal_and_never_alike(names: list[str]) -> None:
    found = lake_names(names)
    assert list(found) == names
    assert all(is_legal(name) and len(name.encode()) <= MAX_BYTES for name in found.values())
    assert len(set(found.values())) == len(names)


@given(NAMES)
def test_a_legal_name_stays_itself(names: list[str]) -> None:
    assert all(found == name for name, found in lake_names(names).items() if is_legal(name))


@given(NAMES, st.randoms())
def test_order_does_not_matter(names: list[str], random: object) -> None:
    shuffled = sorted(names, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert lake_names(shuffled) == {name: lake_names(names)[name] for name in shuffled}


@given(NAMES, ANY)
def test_names_that_were_given_stay_when_a_column_is_added(names: list[str], added: str) -> None:
    before = lake_names(names)
    after = lake_names([*before, *({added} - set(before))], kept=before)
    assert {name: after[name] for name in before} == before
    assert len(set(after.values())) == len(after)


@given(NAMES, ANY)
def test_without_being_told_only_rivals_of_the_added_name_change(names: list[str], added: str) -> None:
    before = lake_names(names)
    after = lake_names([*before, *({added} - set(before))])
    changed = {name for name in before if after[name] != before[name]}
    stem = re.sub(r"_[0-9a-f]{8,}$", "", after.get(added, ""))
    assert all(before[name] == stem for name in changed)


@pytest.mark.parametrize(
    ("name", "lake"),
    [
        ("userId", "userid"),
        ("first name", "first_name"),
        ("Prénom", "prenom"),
        ("a.b\nc", "a_b_c"),
        ("Straße", "strasse"),
    ],
)
def test_a_name_alone_is_lowered_and_made_plain(name: str, lake: str) -> None:
    assert lake_names([name]) == {name: lake}


def test_two_names_that_differ_in_case_get_a_suffix_of_their_own() -> None:
    found = lake_names(["userId", "USERID", "userid"])
    assert found["userid"] == "userid"
    assert re.fullmatch(r"userid_[0-9a-f]{8}", found["userId"])
    assert re.fullmatch(r"userid_[0-9a-f]{8}", found["USERID"])
    assert lake_names(["userId", "userid"])["userId"] == found["userId"]


@pytest.mark.parametrize("name", ["", "日本", "__", "\n", "x" * 300])
def test_a_name_that_says_too_little_gets_a_suffix_unless_it_is_legal(name: str) -> None:
    found = lake_names([name])[name]
    assert found == name if is_legal(name) else re.search(r"_[0-9a-f]{8}$", found)


@pytest.mark.parametrize(("name", "shown"), [("a", "a"), ("date", '"date"'), ("user", '"user"'), ("1st", '"1st"')])
def test_athena_quotes_what_it_must_in_a_select(name: str, shown: str) -> None:
    assert athena(name) == shown


@pytest.mark.parametrize(("name", "shown"), [("a", "a"), ("order", "`order`"), ("_id", "`_id`"), ("a`b", "`a``b`")])
def test_athena_quotes_what_it_must_in_ddl(name: str, shown: str) -> None:
    assert hive(name) == shown
