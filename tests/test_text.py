"""How counts, sizes, durations and names are written, everywhere alike."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluepot import text


def test_a_count_has_its_noun() -> None:
    assert (text.counted(1, "query", "queries"), text.counted(2000, "table")) == ("1 query", "2,000 tables")
    assert text.counted(0, "value is", "values are") == "0 values are"
    assert (text.plural(1, "row"), text.plural(2, "row")) == ("row", "rows")


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (2_500_000, "2.5 MB"),
        (3_210_000_000, "3.2 GB"),
        (4 * 10**12, "4.0 TB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_bytes_are_written_in_the_units_of_prices(count: int, told: str) -> None:
    assert text.sized(count) == told


def test_a_duration_is_written_in_seconds_or_minutes() -> None:
    told = [text.lasting(seconds) for seconds in (0.04, 59.9, 60, 90, 360_000)]
    assert told == ["0.0 s", "59.9 s", "1.0 min", "1.5 min", "6,000.0 min"]
    assert (text.lasting(12.34, digits=0), text.lasting(90.1, digits=0)) == ("12.3 s", "2 min")


@given(st.text(), st.integers(4, 40))
def test_a_text_is_as_short_as_asked_and_says_so(long: str, most: int) -> None:
    short = text.shortened(long, most)
    assert len(short) <= most
    assert short == long if len(long) <= most else short == long[: most - 3] + "..."


def test_of_many_names_the_first_are_named_and_the_others_counted() -> None:
    assert text.listed(["a", "b"], 2) == "a, b"
    assert text.listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert text.listed([]) == ""


def test_a_name_that_is_not_there_is_answered_with_those_that_may_be_meant() -> None:
    assert text.offered("Events", ["event", "EVENTS", "users"]) == "did you mean 'EVENTS' or 'event'?"
    assert text.offered("x", ["users", "events"]) == "there are: users, events"
    assert text.offered("x", []) == "there is none at all"
    assert text.offered("x", [], "there is no table at all") == "there is no table at all"
    assert text.near("evnt", ["users", "events", "event"]) == ["event", "events"]
    assert text.near("evnt", ["users", "events", "event"], 1) == ["event"]


def test_only_a_mistake_loads_what_finds_names_that_look_alike() -> None:
    code = "import sys, gluepot.text; sys.exit('difflib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
