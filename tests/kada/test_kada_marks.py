"""The helpers keep marks as the page says: `<prefix>_hwm.txt`, in the current directory or where told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gluepot.errors import ConfigError, StateError
from gluepot.kada import get_hwm, publish_hwm

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = "%Y-%m-%d %H:%M:%S"


def test_without_a_file_the_start_is_the_epoch_and_the_end_is_now(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    start, end = get_hwm("glue", str(tmp_path))
    assert start == "1970-01-01 00:00:00"
    assert before <= datetime.strptime(end, SHAPE) <= datetime.now(UTC).replace(tzinfo=None)  # noqa: DTZ007 - marks carry no zone; they are UTC


def test_what_is_published_is_the_next_start(tmp_path: Path) -> None:
    publish_hwm("glue", "2024-05-30 00:00:00", tmp_path)
    assert (tmp_path / "glue_hwm.txt").read_text().strip() == "2024-05-30 00:00:00"
    assert get_hwm("glue", tmp_path)[0] == "2024-05-30 00:00:00"
    assert get_hwm("other", tmp_path)[0] == "1970-01-01 00:00:00"


def test_the_default_is_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    publish_hwm("glue", "2024-05-30 00:00:00")
    assert (tmp_path / "glue_hwm.txt").exists()
    assert get_hwm("glue")[0] == "2024-05-30 00:00:00"


def test_a_name_ending_in_txt_is_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "my-mark.txt"
    publish_hwm("glue", "2024-05-30 00:00:00", path)
    assert path.exists()
    assert get_hwm("whatever", path)[0] == "2024-05-30 00:00:00"


def test_iso_timestamps_are_accepted_and_written_as_kada_does(tmp_path: Path) -> None:
    publish_hwm("glue", "2024-05-30T01:02:03Z", tmp_path)
    assert get_hwm("glue", tmp_path)[0] == "2024-05-30 01:02:03"


@pytest.mark.parametrize("date", ["yesterday", "", "YYYY-MM-DD HH:mm:SS"])
def test_what_is_no_date_is_not_published(tmp_path: Path, date: str) -> None:
    with pytest.raises(ConfigError):
        publish_hwm("glue", date, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "glue_hwm.txt").write_text("no date")
    with pytest.raises(StateError):
        get_hwm("glue", tmp_path)
    assert (tmp_path / "glue_hwm.txt").read_text() == "no date"
