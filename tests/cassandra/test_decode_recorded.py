"""Frames that a real node has sent, decoded without one: whole, and broken in every way."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.cqlsamples import FOLDER, RESULT, SAMPLES, VERSION, hold, recorded

from gluepot.cassandra.decode import decode
from gluepot.cassandra.frames import Handler
from gluepot.errors import FidelityError, SourceError

if TYPE_CHECKING:
    from gluepot.cassandra.frames import RawPage

NAMES = sorted(SAMPLES)
HOSTILE = st.sampled_from([0, 1, -1, -2, 4, 5, 127, 255, 65535, 2**31 - 1, -(2**31), 2**24])


def body(name: str) -> bytes:
    return (FOLDER / f"{name}.bin").read_bytes()


def message(flags: int, frame: bytes, decompress: Any = None, known: Any = None) -> Any:
    return Handler.decode_message(VERSION, {}, 0, flags, RESULT, frame, decompress, known)


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_frame_gives_what_was_written(name: str) -> None:
    hold(SAMPLES[name], recorded(name))


@given(st.sampled_from(NAMES), st.data())
def test_a_broken_frame_is_an_error_and_never_read_beyond(name: str, data: st.DataObject) -> None:
    """Bytes changed, lengths that lie, and pages cut off: a valid batch comes, or an error of ours."""
    page = recorded(name)
    rows = bytearray(page.rows)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(rows) - 4))
        if data.draw(st.booleans()):
            struct.pack_into(">i", rows, at, data.draw(HOSTILE))
        else:
            rows[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(rows)), st.integers(0, len(rows))))
    try:
        found = decode(page.columns, bytes(rows[:cut]), data.draw(st.one_of(st.just(page.count), st.integers(-1, 9))))
    except (SourceError, FidelityError):
        return
    found.batch.validate(full=True)
    found.batch.to_string()


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_cut_off_anywhere_names_the_place(name: str) -> None:
    page = recorded(name)
    for cut in range(0, len(page.rows), 7):
        with pytest.raises(SourceError, match=r"broken: (it is cut off in row \d+, column|\d+ rows of)"):
            decode(page.columns, page.rows[:cut], page.count)


def test_warnings_a_trace_and_a_payload_before_the_result_are_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    trace = bytes(16)
    warnings = struct.pack(">HH", 1, 5) + b"heavy"
    payload = struct.pack(">HH", 1, 1) + b"k" + struct.pack(">i", 1) + b"v"
    with caplog.at_level("WARNING", "cassandra.protocol"):
        answer = message(0x02 | 0x04 | 0x08, trace + warnings + payload + body("counters"))
    hold(SAMPLES["counters"], answer.parsed_rows[0])
    assert answer.warnings == ["heavy"]
    assert "heavy" in caplog.text
    assert answer.custom_payload == {"k": b"v"}
    assert str(answer.trace_id) == "00000000-0000-0000-0000-000000000000"


def test_a_compressed_frame_gives_the_same() -> None:
    answer = message(0x01, zlib.compress(body("structs")), zlib.decompress)
    hold(SAMPLES["structs"], answer.parsed_rows[0])


def test_a_frame_without_metadata_has_the_columns_that_were_prepared() -> None:
    whole = message(0, body("counters"))
    rows = whole.parsed_rows[0].rows
    state = struct.pack(">i", 3) + b"abc"
    bare = struct.pack(">iii", 2, 0x04 | 0x02, 2) + state + struct.pack(">i", 1) + bytes(rows)
    page = message(0, bare, known=whole.column_metadata).parsed_rows[0]
    hold(SAMPLES["counters"], page)
    assert page.paging_state == b"abc"


def test_rows_are_not_copied_out_of_the_frame() -> None:
    frame = body("vectors")
    page: RawPage = message(0, frame).parsed_rows[0]
    assert isinstance(page.rows, memoryview)
    assert page.rows.obj is frame
