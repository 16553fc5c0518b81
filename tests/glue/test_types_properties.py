"""What holds for every type string, not only for those that somebody thought of."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gluepot.glue.types import (
    Array,
    Field,
    Map,
    Primitive,
    Struct,
    TypeSyntaxError,
    Union,
    depth,
    format_type,
    parse_type,
    to_plain,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from gluepot.glue.types import (
        Type,
    )

primitives = st.sampled_from(
    [
        Primitive("int"),
        Primitive("decimal", (10, 2)),
        Primitive("varchar", ("max",)),
        Primitive("timestamp with time zone", (6,)),
        Primitive("interval day to second"),
        Primitive("double precision"),
        Primitive("variant2"),
        Primitive("geometry", ("OGC:CRS84",)),
        Primitive("comment"),
        Primitive("not"),
        Primitive("struct"),
    ]
)


def nested(inner: SearchStrategy[Type]) -> SearchStrategy[Type]:
    field = st.builds(Field, st.text(), inner, st.none() | st.text(), st.booleans())
    return st.one_of(
        st.builds(Array, inner),
        st.builds(Map, inner, inner),
        st.builds(Struct, st.lists(field, max_size=4).map(tuple)),
        st.builds(Union, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    )


trees: SearchStrategy[Type] = st.recursive(primitives, nested, max_leaves=12)
plain_words = st.sampled_from(["a", "camelCase", "user_id", "$oid", "x.y", "a-b"])
spaces = st.text(" \t\r\n", max_size=3)


@given(trees)
def test_what_is_printed_reads_back_as_the_same_tree(tree: Type) -> None:
    assert parse_type(format_type(tree)) == tree


@given(trees)
def test_depth_counts_the_longest_way_down(tree: Type) -> None:
    assert 1 <= depth(tree) <= len(format_type(tree))
    assert depth(Array(tree)) == depth(tree) + 1


@given(trees, st.integers(0, 4))
def test_plain_trees_are_never_deeper_than_asked(tree: Type, levels: int) -> None:
    plain = to_plain(tree, levels)
    assert ("text" in repr_keys(plain)) == (depth(tree) > levels)


def repr_keys(plain: object) -> set[str]:
    if isinstance(plain, list):
        return {key for item in plain for key in repr_keys(item)}
    if isinstance(plain, dict):
        return set(plain) | {key for value in plain.values() for key in repr_keys(value)}
    return set()


@given(st.data())
def test_white_space_and_case_around_the_tokens_change_nothing(data: st.DataObject) -> None:
    field = st.builds(Field, plain_words, st.just(Primitive("decimal", (10, 2))))
    tree = data.draw(st.builds(Struct, st.lists(field, max_size=4).map(tuple)))
    for text in (format_type(tree), format_type(Map(Array(tree), Union((tree,))))):
        tokens = re.findall(r"`[^`]*`|[<>():,]|[^<>():,`]+", text)
        written = "".join(data.draw(spaces) + data.draw(casing(token)) + data.draw(spaces) for token in tokens)
        assert parse_type(written) == parse_type(text)


def casing(token: str) -> SearchStrategy[str]:
    if token in {"struct", "map", "array", "uniontype", "decimal"}:
        return st.sampled_from([token, token.upper(), token.title()])
    return st.just(token)


@given(st.text() | st.text("<>():,`'\" \\aint1-") | st.text("struc<>:, ab`'()"))
def test_any_text_is_a_tree_or_a_syntax_error(text: str) -> None:
    with contextlib.suppress(TypeSyntaxError):
        assert parse_type(format_type(parse_type(text))) == parse_type(text)


@given(trees, st.data())
def test_a_type_with_a_piece_cut_out_is_a_tree_or_a_syntax_error(tree: Type, data: st.DataObject) -> None:
    text = format_type(tree)
    start = data.draw(st.integers(0, len(text)))
    cut = text[:start] + text[data.draw(st.integers(start, len(text))) :]
    with contextlib.suppress(TypeSyntaxError):
        assert parse_type(format_type(parse_type(cut))) == parse_type(cut)
