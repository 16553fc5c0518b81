"""High-water marks: their text, their file, their place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot.collector.hwm import EPOCH, Marks, format_mark, normal_mark, now, parse_mark
from gluepot.errors import ConfigError, OutputError, StateError

if TYPE_CHECKING:
    from pathlib import Path

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
NAIVE = st.datetimes(datetime(2, 1, 1), datetime(9999, 1, 1))  # noqa: DTZ001 # naive bounds, as hypothesis asks
MOMENTS = st.builds(lambda moment, zone: moment.replace(tzinfo=zone), NAIVE, ZONES | st.none())


@given(MOMENTS)
def test_a_written_mark_reads_back_as_the_same_second(moment: datetime) -> None:
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    assert parse_mark(format_mark(moment)) == utc.replace(microsecond=0)


@given(MOMENTS, MOMENTS)
def test_marks_sort_as_their_times(one: datetime, other: datetime) -> None:
    first, second = format_mark(one), format_mark(other)
    assert (first < second) == (parse_mark(first) < parse_mark(second))


@given(
    st.datetimes(),
    st.sampled_from(" T"),
    st.sampled_from(["", "Z", "+00:00"]),
    st.sampled_from(["", "\n", " \r\n", "\t"]),
    st.integers(0, 999_999),
)
def test_other_writings_mean_the_same_and_a_fraction_is_cut_off(
    moment: datetime, between: str, zone: str, after: str, micros: int
) -> None:
    whole = moment.replace(microsecond=0)
    text = whole.isoformat(sep=between)
    assert parse_mark(f"{after}{text}{zone}{after}") == whole.replace(tzinfo=UTC)
    assert parse_mark(f"{text}.{micros:06}{zone}") == whole.replace(tzinfo=UTC)


@given(st.text())
def test_any_text_is_a_mark_or_a_value_error(text: str) -> None:
    try:
        moment = parse_mark(text)
    except ValueError:
        return
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024-01-02",
        "2024-1-2 03:04:05",
        "2024-02-30 00:00:00",
        "2024-01-01 24:00:00",
        "2024-01-01 00:00:60",
        "0000-01-01 00:00:00",
        "2024-01-01 00:00:00+02:00",
        "2024-01-01 00:00:00 2024-01-01 00:00:00",
        "2024-01-01 00:00:00\n2024-01-01 00:00:00",
        "٢٠٢٤-01-01 00:00:00",  # digits that int() would accept
        "2024-01-01 00:00:00.",
        "1704067200",
    ],
)
def test_what_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_mark(text)


def test_the_first_mark_is_the_epoch_and_the_file_appears_only_when_written(tmp_path: Path) -> None:
    marks = Marks.at(tmp_path)
    assert marks.read("glue") == EPOCH
    assert list(tmp_path.iterdir()) == []
    marks.write("glue", "2024-05-30 00:00:00")
    assert (tmp_path / "glue_hwm.txt").read_text() == "2024-05-30 00:00:00\n"
    assert [path.name for path in tmp_path.iterdir()] == ["glue_hwm.txt"]
    assert marks.read("glue") == "2024-05-30 00:00:00"


def test_a_location_is_a_directory_a_file_or_a_url(tmp_path: Path) -> None:
    Marks.at(tmp_path / "new" / "folder").write("glue", "2024-01-01 00:00:00")
    assert (tmp_path / "new" / "folder" / "glue_hwm.txt").exists()
    Marks.at(tmp_path / "mark.txt").write("glue", "2024-01-02 00:00:00")
    assert Marks.at(str(tmp_path / "mark.txt")).read("other") == "2024-01-02 00:00:00"
    assert Marks.at((tmp_path / "mark.txt").as_uri()).read("glue") == "2024-01-02 00:00:00"
    assert Marks.at((tmp_path / "new" / "folder").as_uri()).read("glue") == "2024-01-01 00:00:00"
    assert Marks.at(tmp_path.as_uri() + "/").name("glue") == str(tmp_path / "glue_hwm.txt")


def test_without_a_location_it_is_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Marks.at(None).write("glue", "2024-01-01 00:00:00")
    Marks.at("").write("b", "2024-01-01T00:00:00.9Z")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b_hwm.txt", "glue_hwm.txt"]
    assert Marks.at().read("b") == "2024-01-01 00:00:00"


def test_a_file_that_others_wrote_is_read(tmp_path: Path) -> None:
    (tmp_path / "glue_hwm.txt").write_bytes(b"\xef\xbb\xbf2024-05-30T01:02:03Z  \r\n")
    assert Marks.at(tmp_path).read("glue") == "2024-05-30 01:02:03"


@pytest.mark.parametrize("content", [b"", b"\n", b"not a date", b"\xff\xfe\x00", b"x" * 100_000])
def test_a_file_without_a_mark_is_named_and_its_content_shown_shortened(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "glue_hwm.txt").write_bytes(content)
    with pytest.raises(StateError, match=r"glue_hwm\.txt holds no high-water mark") as refused:
        Marks.at(tmp_path).read("glue")
    assert len(refused.value.why) < 200
    assert "gluepot hwm set" in refused.value.hint
    assert (tmp_path / "glue_hwm.txt").read_bytes() == content


@pytest.mark.parametrize("prefix", ["", " ", "../glue", "a/b", "a\\b", "c:d", "a\0", "a\nb", ".", "..", ".hidden"])
def test_a_name_with_path_characters_is_refused(tmp_path: Path, prefix: str) -> None:
    marks = Marks.at(tmp_path / "marks")
    with pytest.raises(ConfigError, match="cannot be a name for marks"):
        marks.read(prefix)
    with pytest.raises(ConfigError, match="cannot be a name for marks"):
        marks.write(prefix, EPOCH)
    assert list(tmp_path.iterdir()) == []


def test_only_a_mark_is_written(tmp_path: Path) -> None:
    marks = Marks.at(tmp_path)
    marks.write("glue", "2024-01-01 00:00:00")
    with pytest.raises(ConfigError, match="cannot be read"):
        marks.write("glue", "soon")
    assert marks.read("glue") == "2024-01-01 00:00:00"


def test_a_mark_that_cannot_be_read_or_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "glue_hwm.txt").mkdir()
    with pytest.raises(StateError, match=r"cannot read .*glue_hwm\.txt"):
        Marks.at(tmp_path).read("glue")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        Marks.at(tmp_path / "file").write("glue", EPOCH)


def test_now_is_a_mark_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= parse_mark(now()) <= datetime.now(UTC)
    assert normal_mark("2024-01-01T00:00:00Z") == "2024-01-01 00:00:00"
