"""What every landing does, whichever store is behind it."""

from __future__ import annotations

import hashlib
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.support.landings import KINDS, contents, opener

from gluepot.collector.hwm import EPOCH, Marks
from gluepot.errors import StateError
from gluepot.landing import Receipt, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.landings import Case


@pytest.fixture(scope="module", params=KINDS)
def open_case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[pytest.MonkeyPatch], Case]]:
    """One server for all tests of a kind."""
    with opener(request.param, tmp_path_factory.mktemp("landing")) as opened:
        yield opened


@pytest.fixture
def case(open_case: Callable[[pytest.MonkeyPatch], Case], monkeypatch: pytest.MonkeyPatch) -> Case:
    return open_case(monkeypatch)


def test_a_new_object_is_sent_and_verified_as_far_as_the_landing_allows(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"NAME\n")
    digest = hashlib.sha256(b"NAME\n").hexdigest()
    receipt = case.landing.put_new("METADATA_20240102030405.csv", file, digest)
    assert receipt == Receipt(
        key="METADATA_20240102030405.csv",
        bytes=5,
        sha256=digest,
        sent=True,
        verified=case.verified,  # type: ignore[arg-type] # one of the literals
    )
    assert contents(case) == {"METADATA_20240102030405.csv": b"NAME\n"}


@pytest.mark.parametrize("size", [0, 1, 6 * 1024 * 1024])
def test_any_size_arrives_whole_in_one_request(case: Case, size: int) -> None:
    body = bytes(range(256)) * (size // 256) or b"x" * size
    case.landing.put_new("part.bin", body)
    assert case.inspector.get("part.bin") == body


def test_an_equal_object_counts_only_where_it_can_be_read(case: Case) -> None:
    case.landing.put_new("a.csv", b"same")
    if case.readable:
        again = case.landing.put_new("a.csv", b"same")
        assert (again.sent, again.verified) == (False, "content")
        return
    with pytest.raises(StoreError, match=r"unverified \(exists, cannot be read\)") as refused:
        case.landing.put_new("a.csv", b"same")
    assert refused.value.kind == "exists"
    assert "r" in refused.value.hint
    assert "pushed" in refused.value.hint


def test_another_object_is_never_overwritten(case: Case) -> None:
    case.landing.put_new("a.csv", b"first")
    with pytest.raises(StoreError, match=r"a\.csv") as refused:
        case.landing.put_new("a.csv", b"other")
    assert refused.value.kind == "exists"
    assert contents(case) == {"a.csv": b"first"}


def test_of_many_creators_exactly_one_wins(case: Case) -> None:
    def create(number: int) -> bool:
        try:
            return case.landing.put_new("a.csv", b"%d" % number).sent
        except StoreError as error:
            assert error.kind == "exists"  # noqa: PT017 # the losers' error is the fact
            return False

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(create, range(6)))
    assert won.count(True) == 1
    assert contents(case) == {"a.csv": b"%d" % won.index(True)}


def test_an_altered_file_is_not_sent(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"altered")
    with pytest.raises(StateError, match=r"a\.csv was altered"):
        case.landing.put_new("a.csv", file, hashlib.sha256(b"staged").hexdigest())
    assert contents(case) == {}


@pytest.mark.parametrize("key", ["", "/a", "../a", "a/../b", "a//b", "a\n", "a\\b", "a/", "."])
def test_a_key_that_climbs_or_hides_is_refused(case: Case, key: str) -> None:
    for call in (
        lambda: case.landing.put_new(key, b""),
        lambda: case.landing.put(key, b""),
        lambda: case.landing.get(key),
    ):
        with pytest.raises(StoreError, match="plain relative path"):
            call()
    assert contents(case) == {}


def test_what_is_not_there_reads_as_none(case: Case) -> None:
    assert case.inspector.get("nothing.txt") is None
    assert case.inspector.head("nothing.txt") is None
    case.inspector.delete("nothing.txt")


def test_put_overwrites(case: Case) -> None:
    case.landing.put("glue_hwm.txt", b"one")
    case.landing.put("glue_hwm.txt", b"second")
    assert contents(case) == {"glue_hwm.txt": b"second"}
    found = case.inspector.head("glue_hwm.txt")
    assert found
    assert (found.key, found.bytes) == ("glue_hwm.txt", 6)


def test_a_listing_is_below_the_prefix_and_by_key(case: Case) -> None:
    for key in ("b.csv", "a.csv", "sub/c.csv", "subway.csv"):
        case.landing.put_new(key, key.encode())
    assert [found.key for found in case.inspector.list()] == ["a.csv", "b.csv", "sub/c.csv", "subway.csv"]
    assert [found.key for found in case.inspector.list("sub")] == ["sub/c.csv"]
    case.inspector.delete("b.csv")
    assert sorted(contents(case)) == ["a.csv", "sub/c.csv", "subway.csv"]


def test_reading_is_denied_where_the_access_is_write_only(case: Case) -> None:
    if case.readable:
        assert case.landing.list() == []
        return
    for call in (lambda: case.landing.get("a.csv"), lambda: case.landing.head("a.csv"), case.landing.list):
        with pytest.raises(StoreError) as refused:
            call()
        assert refused.value.kind == "denied"
        assert "403" in refused.value.why


def test_marks_live_at_a_landing(case: Case) -> None:
    marks = Marks(case.inspector)
    assert marks.read("glue") == EPOCH
    marks.write("glue", "2024-01-02T03:04:05Z")
    assert marks.read("glue") == "2024-01-02 03:04:05"
    assert contents(case) == {"glue_hwm.txt": b"2024-01-02 03:04:05\n"}


def test_a_mark_that_is_no_date_names_its_place(case: Case) -> None:
    case.inspector.put("glue_hwm.txt", b"yesterday")
    with pytest.raises(StateError, match=r"glue_hwm\.txt holds no high-water mark: 'yesterday'"):
        Marks(case.inspector).read("glue")


def test_nothing_prints_a_secret(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    said = [repr(case.landing), str(case.landing), case.landing.name, repr(vars(case.landing))]
    case.landing.put_new("a.csv", b"first")
    with pytest.raises(StoreError) as refused:
        case.landing.put_new("a.csv", b"other")
    error = refused.value
    said += [repr(error), error.what, error.why, error.hint, caplog.text]
    said += traceback.format_exception(error)
    for secret in case.secrets:
        assert not [text for text in said if secret in text]


# Writes under a condition.


def test_of_two_who_write_over_the_same_version_one_is_refused(case: Case) -> None:
    """Only a local folder, whose locks are the system's, has none; a landing that may not be read has no versions."""
    if case.kind == "local":
        with pytest.raises(StoreError) as refused:
            case.landing.exchange("k.lease", b"x", "tag")
        assert refused.value.kind == "unsupported"
        return
    first = case.landing.exchange("k.lease", b"first")
    assert first
    assert case.landing.exchange("k.lease", b"other") == ""
    second = case.landing.exchange("k.lease", b"second", first)
    assert case.landing.exchange("k.lease", b"late", first) == ""
    assert case.landing.exchange("none.lease", b"x", first) == ""
    assert contents(case) == {"k.lease": b"second"}
    found = case.inspector.look("k.lease")
    assert found is not None
    assert (found.body, found.tag) == (b"second", second)
    assert abs((datetime.now(UTC) - found.modified).total_seconds()) < 3600
    assert case.inspector.look("none.lease") is None
