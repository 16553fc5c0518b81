"""How staged text reaches files: parts, headers, hashes, and errors of the thread that writes."""

from __future__ import annotations

import gzip
import hashlib
import os
import resource
import signal
import threading
from typing import TYPE_CHECKING, Final

import pytest

from gluepot.collector.extract import staging
from gluepot.collector.extract.formats import formats_of
from gluepot.collector.extract.staging import Family, Stage
from gluepot.config import from_mapping
from gluepot.errors import OutputError
from gluepot.glue.records import Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER: Final = '"A"|"B"\n'


def family(folder: Path, *, compress: bool = False) -> Family:
    return Family(folder, "X_1", "csv", HEADER, compress=compress)


def parts_of(files: Family) -> list[tuple[str, int, str]]:
    return [(part[0].name, part[1], part[0].read_text()) for part in files.close()]


def test_a_part_ends_before_the_text_that_would_make_it_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header counts; a text goes whole into one part; a part's rows are its own."""
    monkeypatch.setattr(staging, "PART_BYTES", len(HEADER) + 4)
    files = family(tmp_path)
    for body, rows in ((b"1\n", 1), (b"2\n", 1), (b"3\n", 1), (b"4\n5\n6\n", 3), (b"7\n", 1)):
        files.append(body, rows)
    assert parts_of(files) == [
        ("X_1.csv", 2, HEADER + "1\n2\n"),
        ("X_1_0002.csv", 1, HEADER + "3\n"),
        ("X_1_0003.csv", 3, HEADER + "4\n5\n6\n"),
        ("X_1_0004.csv", 1, HEADER + "7\n"),
    ]


def test_a_part_that_is_full_to_the_byte_is_one_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PART_BYTES", len(HEADER) + 4)
    files = family(tmp_path)
    files.append(b"1\n2\n", 2)
    assert parts_of(files) == [("X_1.csv", 2, HEADER + "1\n2\n")]


def test_the_limit_is_before_compression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PART_BYTES", 1000)
    files = family(tmp_path, compress=True)
    for _ in range(3):
        files.append(b"x" * 899 + b"\n", 1)
    paths = [part[0] for part in files.close()]
    assert [path.name for path in paths] == ["X_1.csv.gz", "X_1_0002.csv.gz", "X_1_0003.csv.gz"]
    assert all(len(gzip.decompress(path.read_bytes())) <= 1000 for path in paths)


@pytest.mark.parametrize("compress", [False, True])
def test_size_and_hash_are_those_of_the_file(tmp_path: Path, *, compress: bool) -> None:
    files = family(tmp_path, compress=compress)
    files.append(b"1\n" * 1000, 1000)
    [(path, rows, size, sha)] = files.close()
    body = path.read_bytes()
    assert (rows, size, sha) == (1000, len(body), hashlib.sha256(body).hexdigest())
    assert (gzip.decompress(body) if compress else body) == HEADER.encode() + b"1\n" * 1000


def test_a_gzipped_file_names_no_file_and_no_time(tmp_path: Path) -> None:
    """Its header is the same whenever and wherever it is written (RFC 1952, section 2.3)."""
    files = family(tmp_path, compress=True)
    files.append(b"1\n", 1)
    [(path, *_)] = files.close()
    assert path.read_bytes()[3:8] == b"\x00" * 5


def test_closing_twice_lists_the_same(tmp_path: Path) -> None:
    files = family(tmp_path)
    files.append(b"1\n", 1)
    assert files.close() == files.close()


def test_without_a_text_there_is_no_file(tmp_path: Path) -> None:
    files = family(tmp_path)
    assert files.close() == []
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond 100,000 bytes, as on a disk that is almost full."""
    limits, action = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, action)


@pytest.mark.parametrize("name", ["k", "jsonl", "parquet"])
@pytest.mark.parametrize("limit", [1, 10**9], ids=["on disk", "in memory"])
@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_is_an_output_error_and_not_a_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    """Whoever notices: the thread that writes, the spill, the conversion; however much is still to come."""
    monkeypatch.setattr(staging, "HELD_BYTES", limit)
    stage = Stage(tmp_path, "2024-01-01 00:00:00", formats_of(from_mapping({"formats": [name]})), compress=False)
    with pytest.raises(OutputError, match="cannot write"):
        fill(stage)
    stage.abandon()


def fill(stage: Stage) -> None:
    """Stage 50 databases with an incompressible text each, and finish."""
    for _ in range(50):
        held = stage.hold()
        held.event(Event(event_at="", event_type="X", object_type="", object_id="", before=os.urandom(5000).hex()))
        try:
            held.commit()
        finally:
            held.drop()
    stage.finish()


def test_an_abandoned_stage_can_be_removed(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    stage = Stage(tmp_path, "2024-01-01 00:00:00", formats_of(from_mapping({})), compress=True)
    held = stage.hold()
    held.event(Event(event_at="", event_type="X", object_type="", object_id=""))
    held.commit()
    stage.abandon()
    [path] = tmp_path.iterdir()
    assert set(threading.enumerate()) <= before
    path.unlink()
