"""Where generations are kept: create-only, numbered, the last of a mark found, old ones removed."""

from __future__ import annotations

import gzip
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest
from tests.support.landings import ACCESS_KEY, BUCKET, SECRET_KEY, fresh, moto_s3

from gluepot.collector.generation import Generation, Writer
from gluepot.collector.state import KEPT, FolderState, LandingState, file_name
from gluepot.errors import OutputError, StateError
from gluepot.landing import LandingOptions, StoreError, from_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gluepot.collector.state import State
    from gluepot.landing import Landing

MARK: Final = "2024-01-02 03:04:05"
KINDS: Final = ("folder", "memory", "file", "s3")


@dataclass(frozen=True)
class Case:
    """One place for generations under test: the state, what lists it, and its landing where it has one."""

    state: State
    names: Callable[[], list[str]]
    landing: Landing | None = None


@pytest.fixture(scope="module", params=KINDS)
def open_case(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Start the server that a kind needs; give the kind and its address."""
    if request.param == "s3":
        with moto_s3() as address:
            yield "s3", address
    else:
        yield request.param, ""


@pytest.fixture
def case(open_case: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    kind, address = open_case
    if kind == "folder":
        folder = tmp_path / "state" / "deep"
        return Case(FolderState(folder), lambda: sorted(path.name for path in folder.glob("*")))
    options = LandingOptions()
    if kind == "s3":
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
        options = LandingOptions(region="us-east-1", key=ACCESS_KEY, secret=SECRET_KEY)
    url = {"memory": "memory://", "file": (tmp_path / "state").as_uri(), "s3": f"s3://{BUCKET}/{fresh()}"}[kind]
    landing = from_url(url, options)
    return Case(LandingState(landing), lambda: sorted(found.key for found in landing.list()), landing)


@pytest.fixture
def generation(tmp_path: Path) -> Callable[[str], Path]:
    """Make a finished generation that says a word."""

    def make(word: str) -> Path:
        path = tmp_path / f"{os.urandom(6).hex()}.sqlite"
        return Writer(path, {"word": word}).finish()

    return make


def word_of(case: Case, mark: str, scratch: Path, name: str = "glue") -> str | None:
    """Fetch a generation, open it, and read its word."""
    path = case.state.fetch(name, mark, scratch)
    if path is None:
        return None
    found = Generation(path)
    try:
        return found.about["word"]
    finally:
        found.close()


def plain(names: list[str]) -> list[str]:
    return [name.removesuffix(".gz") for name in names]


def test_a_generation_is_found_by_its_name_and_mark(
    case: Case, generation: Callable[[str], Path], tmp_path: Path
) -> None:
    assert word_of(case, MARK, tmp_path) is None
    stored = case.state.store(generation("one"), "glue", MARK)
    assert plain([stored]) == ["glue_generation_20240102030405.sqlite"]
    assert case.names() == [stored]
    assert word_of(case, MARK, tmp_path) == "one"
    assert word_of(case, "2024-01-02 03:04:06", tmp_path) is None
    assert word_of(case, "2024-01-02 03:04:04", tmp_path) is None


def test_names_that_begin_alike_are_apart(case: Case, generation: Callable[[str], Path], tmp_path: Path) -> None:
    for name in ("glue", "glue_2", "a.glue"):
        case.state.store(generation(name), name, MARK)
    assert [word_of(case, MARK, tmp_path, name) for name in ("glue", "glue_2", "a.glue")] == [
        "glue",
        "glue_2",
        "a.glue",
    ]
    assert word_of(case, MARK, tmp_path, "glu") is None


def test_a_second_generation_of_a_mark_stands_beside_the_first_and_counts(
    case: Case, generation: Callable[[str], Path], tmp_path: Path
) -> None:
    """Nothing is ever overwritten, and numbers are compared as numbers."""
    words = [f"word {number}" for number in range(1, 12)]
    stored = [case.state.store(generation(word), "glue", MARK) for word in words]
    assert plain(stored) == [
        f"glue_generation_20240102030405{f'_{number:04d}' if number > 1 else ''}.sqlite" for number in range(1, 12)
    ]
    assert case.names() == sorted(stored)
    assert word_of(case, MARK, tmp_path) == "word 11"


def test_the_last_few_before_the_mark_are_kept_and_everything_from_it_on(
    case: Case, generation: Callable[[str], Path]
) -> None:
    marks = [f"2024-01-{day:02d} 00:00:00" for day in range(1, KEPT + 6)]
    for mark in marks:
        case.state.store(generation(mark), "glue", mark)
    case.state.store(generation("second"), "glue", marks[2])
    case.state.store(generation("other"), "other", marks[0])
    case.state.prune("glue", marks[-3])
    older = [file_name("glue", mark) for mark in marks[:-3]]
    older.insert(3, file_name("glue", marks[2], 2))
    left = older[-KEPT:] + [file_name("glue", mark) for mark in marks[-3:]] + [file_name("other", marks[0])]
    assert plain(case.names()) == sorted(left)


def test_pruning_what_is_not_there_does_nothing(case: Case) -> None:
    case.state.prune("glue", MARK)
    assert case.names() == []


def test_files_of_others_are_not_taken_for_generations(
    case: Case, generation: Callable[[str], Path], tmp_path: Path
) -> None:
    if case.landing is None:
        folder = tmp_path / "state" / "deep"
        folder.mkdir(parents=True)
        (folder / "glue_hwm.txt").write_text(MARK)
        (folder / "glue_generation_20240102030405.sqlite.tmp~").write_text("")
    else:
        case.landing.put_new("glue_hwm.txt", MARK.encode())
        case.landing.put_new("glue_generation_notes.txt", b"mine")
    before = case.names()
    case.state.store(generation("one"), "glue", MARK)
    case.state.prune("glue", "2030-01-01 00:00:00")
    assert set(before) <= set(case.names())
    assert word_of(case, MARK, tmp_path) == "one"


def test_a_gap_in_the_numbers_does_not_hide_a_later_generation(
    case: Case, generation: Callable[[str], Path], tmp_path: Path
) -> None:
    """Where the first of two was removed, by a person or by pruning, the next one is still the last."""
    stored = [case.state.store(generation(word), "glue", MARK) for word in ("one", "two")]
    if case.landing is None:
        (tmp_path / "state" / "deep" / stored[0]).unlink()
    else:
        case.landing.delete(stored[0])
    case.state.store(generation("three"), "glue", MARK)
    assert word_of(case, MARK, tmp_path) == "three"


# A landing's own.


@pytest.mark.parametrize("open_case", KINDS[1:], indirect=True)
def test_a_landing_holds_gzip_and_fetches_the_very_bytes(
    case: Case, generation: Callable[[str], Path], tmp_path: Path
) -> None:
    assert case.landing
    source = generation("one")
    stored = case.state.store(source, "glue", MARK)
    body = case.landing.get(stored)
    assert body is not None
    assert stored.endswith(".sqlite.gz")
    assert gzip.decompress(body) == source.read_bytes()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = case.state.fetch("glue", MARK, scratch)
    assert path == scratch / "glue_generation_20240102030405.sqlite"
    assert path.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("open_case", KINDS[1:], indirect=True)
@pytest.mark.parametrize("body", [b"", b"no gzip", gzip.compress(b"x" * 1000)[:-10], b"\x1f\x8b\x08" + b"\xff" * 50])
def test_a_broken_object_says_so(case: Case, tmp_path: Path, body: bytes) -> None:
    assert case.landing
    case.landing.put_new(file_name("glue", MARK) + ".gz", body)
    with pytest.raises(StateError, match=r"is broken|is not a generation") as broken:
        word_of(case, MARK, tmp_path)
    assert broken.value.hint


def test_two_who_store_at_once_at_a_landing_do_not_overwrite_each_other(
    generation: Callable[[str], Path], tmp_path: Path
) -> None:
    """The other one's file appears between the listing and the sending: it stays, and the second is told."""
    landing = from_url("memory://")
    LandingState(landing).store(generation("first"), "glue", MARK)
    with pytest.raises(StoreError) as refused:
        LandingState(_Behind(landing)).store(generation("second"), "glue", MARK)  # type: ignore[arg-type] # has what is called
    assert refused.value.kind == "exists"
    assert word_of(Case(LandingState(landing), list), MARK, tmp_path) == "first"


class _Behind:
    """A landing whose first listing is from before the other one's store."""

    def __init__(self, landing: Landing) -> None:
        self._landing = landing

    def list(self) -> list[object]:
        """List what was there then."""
        return []

    def put_new(self, key: str, body: bytes) -> object:
        """Send to what is there now."""
        return self._landing.put_new(key, body)


# A folder's own.


def test_a_folder_without_hard_links_gets_a_whole_file_or_none(
    generation: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another disk the generation is copied beside first, and that copy is removed."""
    source = generation("one")
    link = os.link

    def across_disks(one: Path, other: Path) -> None:
        if one == source:
            raise OSError(18, "Invalid cross-device link")
        link(one, other)

    monkeypatch.setattr(os, "link", across_disks)
    folder = tmp_path / "state"
    FolderState(folder).store(source, "glue", MARK)
    assert [path.name for path in folder.iterdir()] == [file_name("glue", MARK)]
    assert (folder / file_name("glue", MARK)).read_bytes() == source.read_bytes()


def test_a_state_folder_that_is_a_file_is_an_output_error(generation: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        FolderState(tmp_path / "file").store(generation("one"), "glue", MARK)
    assert FolderState(tmp_path / "file").fetch("glue", MARK, tmp_path) is None
