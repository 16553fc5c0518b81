"""What counts as a whole answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.aws.bodies import body_fault

BODY = b'{"TableList":[{"Name":"a"}],"NextToken":"x"}'


def fault(body: bytes, *, is_json: bool = True, **headers: str) -> str:
    return body_fault(body, {key.replace("_", "-"): value for key, value in headers.items()}, is_json=is_json)


@pytest.mark.parametrize("body", [b"{}", BODY, b' \n{"a":1}\n ', b'{"a":"\\ud800"}', '{"ü":"日本"}'.encode()])
def test_a_whole_object_is_no_fault(body: bytes) -> None:
    assert fault(body, content_length=str(len(body))) == ""
    assert fault(body) == ""


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"17", b"<html>", b"\xff\xfe", b"{", b"{}{}", b"{,}"])
def test_anything_else_is_a_fault(body: bytes) -> None:
    assert fault(body)


@given(st.integers(0, len(BODY) - 1))
def test_every_cut_is_a_fault_with_and_without_the_length(at: int) -> None:
    assert "of" in fault(BODY[:at], content_length=str(len(BODY)))
    assert fault(BODY[:at])


def test_other_protocols_are_held_to_their_length_only() -> None:
    assert fault(b"<a/>", is_json=False) == ""
    assert fault(b"<a", is_json=False, content_length="4")


def test_a_compressed_answers_length_is_not_its_bodys() -> None:
    assert fault(BODY, content_length="7", content_encoding="gzip") == ""


def test_a_length_that_is_no_number_is_not_believed() -> None:
    assert fault(BODY, content_length="many") == ""


def test_deep_nesting_does_not_end_the_process() -> None:
    assert isinstance(fault(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), str)
