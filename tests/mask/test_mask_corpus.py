"""Redaction on both sides: no harmless text is damaged, no secret stays, and the page that says so is true."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import redaction

from gluepot.mask.credentials import Redactor, might_hold_credentials

HARMLESS = list(redaction.harmless())
SHAPES = list(redaction.shapes())


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(HARMLESS) >= 300
    assert len(SHAPES) >= 100
    assert sum(text.dialect is not None for text in HARMLESS) >= 100


@pytest.mark.parametrize("group", dict.fromkeys(text.group for text in HARMLESS))
def test_no_harmless_text_is_damaged(group: str) -> None:
    damaged = {text.text: redaction.damaged(text) for text in HARMLESS if text.group == group}
    assert {text: ways for text, ways in damaged.items() if ways} == {}


@pytest.mark.parametrize("group", dict.fromkeys(shape.group for shape in SHAPES))
def test_no_secret_is_missed(group: str) -> None:
    missed = {shape.text: redaction.missed(shape) for shape in SHAPES if shape.group == group}
    assert {text: ways for text, ways in missed.items() if ways} == {}


def test_the_page_of_figures_is_what_make_docs_writes() -> None:
    assert redaction.PAGE.read_text(encoding="utf-8") == redaction.page(), "run: make docs"


@given(st.integers(0, 2**32), st.sampled_from(range(len(SHAPES))), st.sampled_from(sorted(redaction.WRAPPINGS)))
def test_the_prefilter_passes_on_every_kind_in_every_wrapping(seed: int, row: int, wrapping: str) -> None:
    shape = list(redaction.shapes(seed))[row]
    text = redaction.WRAPPINGS[wrapping](shape.text)
    for raw in (json.dumps({"x": text}), json.dumps({"x": text}, ensure_ascii=False)):
        assert might_hold_credentials(raw.encode())
    seen = redaction.decodings(Redactor().redact(text))
    assert not any(secret in decoded for secret in shape.secrets for decoded in seen)
