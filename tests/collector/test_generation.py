"""Generations: what is noted comes back, and no broken or foreign file is taken for one."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from gluepot.collector.generation import (
    APPLICATION_ID,
    FORMAT,
    HIDDEN,
    MISSING_ONCE,
    VISIBLE,
    Generation,
    StoredColumn,
    StoredDatabase,
    StoredTable,
    Writer,
    columns_of,
    encode_columns,
    generation_errors,
    rest_of,
)
from gluepot.errors import OutputError, StateError
from gluepot.glue.records import DatabaseRef
from gluepot.glue.shapes import WireColumn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ABOUT: Final = {"name": "glue", "mark": "2024-01-02 03:04:05"}


def place(database: str = "db", **parts: str) -> DatabaseRef:
    whole = {"server": "s", "partition": "aws", "region": "r", "account": "1", "catalog": "", "catalog_id": "1"}
    return DatabaseRef(**{**whole, "database": database, **parts})


def a_database(where: DatabaseRef | None = None, **changes: Any) -> StoredDatabase:
    entry = StoredDatabase(0, "1", where or place(), b"d" * 16, VISIBLE, proven=True, governed=False, complete=False)
    return msgspec.structs.replace(entry, **changes)


def a_table(name: str, **changes: Any) -> StoredTable:
    blob = encode_columns([WireColumn(Name="a", Type="int")], [])
    entry = StoredTable(name, "TABLE", "7", "2024-01-01 00:00:00", b"t" * 16, VISIBLE, proven=True, blob=blob)
    return msgspec.structs.replace(entry, **changes)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[dict[DatabaseRef, list[StoredTable]]], Generation]:
    """Write a generation, and open it."""

    def write(databases: dict[DatabaseRef, list[StoredTable]]) -> Generation:
        writer = Writer(tmp_path / "g 100%?#.sqlite", ABOUT)
        for where, tables in databases.items():
            writer.add_tables(writer.add_database(a_database(where)), tables)
        return Generation(writer.finish())

    return write


def test_everything_comes_back_as_it_was_noted(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "g.sqlite", ABOUT)
    writer.add_region("1", "r", "", "s")
    writer.add_region("1", "r", "", "s")
    writer.add_server("s", "s3://lz/a")
    entry = a_database(place("d\x00☃'"), viewer="2", state=HIDDEN, proven=False)
    number = writer.add_database(entry)
    tables = [a_table("b\n"), a_table("a'", kind="VIEW", state=MISSING_ONCE, proven=False, version="", updated="")]
    assert writer.add_tables(number, tables) == [True, True]
    writer.complete_database(number, complete=True, governed=True)
    generation = Generation(writer.finish())
    expected = msgspec.structs.replace(entry, id=number, complete=True, governed=True)
    assert generation.about == ABOUT
    assert generation.landings == {"s": "s3://lz/a"}
    assert generation.regions() == [("1", "r", "", "s")]
    assert generation.has_region("1", "r", "", "s")
    assert not generation.has_region("1", "other", "", "s")
    assert not generation.has_region("1", "r", "", "t")
    assert generation.databases() == [expected]
    assert generation.database(entry.place) == expected
    assert list(generation.tables(number)) == [tables[1], tables[0]]
    assert generation.table(number, "b\n") == tables[0]
    assert generation.table(number, "c") is None
    assert generation.count_tables(number) == 2
    generation.close()


def test_databases_of_one_name_in_several_places_are_apart(
    written: Callable[[dict[DatabaseRef, list[StoredTable]]], Generation],
) -> None:
    places = [place(), place(account="2"), place(region="q"), place(catalog="c/d"), place("DB")]
    generation = written({where: [a_table(f"t{at}")] for at, where in enumerate(places)})
    for at, where in enumerate(places):
        found = generation.database(where)
        assert found is not None
        assert found.place == where
        assert [one.name for one in generation.tables(found.id)] == [f"t{at}"]
    assert generation.database(place("none")) is None
    generation.close()


def test_a_place_is_found_whatever_name_its_server_has_now(
    written: Callable[[dict[DatabaseRef, list[StoredTable]]], Generation],
) -> None:
    """`server` is the user's own word; changing it makes no table new."""
    generation = written({place(): []})
    assert generation.database(place(server="other", catalog_id="")) is not None
    generation.close()


def test_of_a_name_that_comes_twice_the_first_record_stays(tmp_path: Path) -> None:
    """In one page or over two, and the answer says which were new; case tells names apart."""
    writer = Writer(tmp_path / "g.sqlite", ABOUT)
    number, other = writer.add_database(a_database()), writer.add_database(a_database(place("other")))
    assert writer.add_tables(number, [a_table("a", version="1"), a_table("a", version="2"), a_table("A")]) == [
        True,
        False,
        True,
    ]
    assert writer.add_tables(number, [a_table("b"), a_table("a", version="3"), a_table("c")]) == [True, False, True]
    assert writer.add_tables(other, [a_table("a", version="9")]) == [True]
    assert writer.add_tables(number, []) == []
    generation = Generation(writer.finish())
    assert [(one.name, one.version) for one in generation.tables(number)] == [
        ("A", "7"),
        ("a", "1"),
        ("b", "7"),
        ("c", "7"),
    ]
    generation.close()


def test_what_is_dropped_is_gone_and_nothing_else(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "g.sqlite", ABOUT)
    numbers = [writer.add_database(a_database(place(name))) for name in "abc"]
    for number in numbers:
        writer.add_tables(number, [a_table("t")])
    writer.drop_tables(numbers[0])
    writer.drop_tables(numbers[1])
    writer.drop_database(numbers[1])
    assert [writer.has_database(place(name)) for name in "abc"] == [True, False, True]
    assert [writer.has_table(number, "t") for number in numbers] == [False, False, True]
    generation = Generation(writer.finish())
    assert [one.place.database for one in generation.databases()] == ["a", "c"]
    assert [generation.count_tables(number) for number in numbers] == [0, 0, 1]
    generation.close()


def test_a_megabyte_of_columns_comes_back(
    written: Callable[[dict[DatabaseRef, list[StoredTable]]], Generation],
) -> None:
    columns = [WireColumn(Name=f"c{at}", Type="struct<" + "x" * 2000) for at in range(1000)]
    generation = written({place(): [a_table("wide", blob=encode_columns(columns, []))]})
    [found] = generation.tables(1)
    assert [(one.name, one.type) for one in columns_of(found.blob)] == [(one.Name, one.Type) for one in columns]
    generation.close()


NAMES: Final = st.text(max_size=8)
MAYBE: Final = st.one_of(st.none(), st.just(UNSET), NAMES)
COLUMNS: Final = st.builds(
    WireColumn,
    Name=NAMES,
    Type=MAYBE,
    Comment=MAYBE,
    Parameters=st.one_of(st.none(), st.just(UNSET), st.dictionaries(NAMES, NAMES, max_size=2)),
)


@given(columns=st.lists(COLUMNS, max_size=4), keys=st.lists(COLUMNS, max_size=3), hidden=st.lists(NAMES, max_size=2))
def test_columns_come_back_with_the_checksums_of_the_rest(
    columns: list[WireColumn], keys: list[WireColumn], hidden: list[str]
) -> None:
    unseen = [StoredColumn(name, "int", 5, hidden=True) for name in hidden]
    expected = [StoredColumn(one.Name, one.Type or "", rest_of(one, is_key=False)) for one in columns]
    expected += [StoredColumn(one.Name, one.Type or "", rest_of(one, is_key=True)) for one in keys]
    assert columns_of(encode_columns(columns, keys, unseen)) == expected + unseen


def test_the_checksum_sees_comment_parameters_and_the_role() -> None:
    plain = WireColumn(Name="a", Type="int")
    rests = [
        rest_of(plain, is_key=False),
        rest_of(plain, is_key=True),
        rest_of(WireColumn(Name="a", Comment="x"), is_key=False),
        rest_of(WireColumn(Name="a", Comment="y"), is_key=False),
        rest_of(WireColumn(Name="a", Parameters={"x": "y"}), is_key=False),
        rest_of(WireColumn(Name="a", Comment="x", Parameters={"x": "y"}), is_key=False),
    ]
    assert len(set(rests)) == len(rests)
    assert rest_of(WireColumn(Name="b", Type="string", Comment="x"), is_key=False) == rests[2]
    swapped = [WireColumn(Name="a", Parameters=one) for one in ({"x": "1", "y": "2"}, {"y": "2", "x": "1"})]
    assert rest_of(swapped[0], is_key=False) == rest_of(swapped[1], is_key=False)


# Files that are none.


def refused(path: Path, match: str) -> StateError:
    with pytest.raises(StateError, match=match) as error:
        Generation(path)
    assert error.value.hint
    assert str(path) in error.value.what
    return error.value


def test_a_generation_of_a_newer_gluepot_is_refused(tmp_path: Path) -> None:
    path = Writer(tmp_path / "g.sqlite", ABOUT).finish()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    db.close()
    assert "upgrade" in refused(path, "newer gluepot").hint


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE tables (name TEXT)")
    db.close()
    refused(path, "is not a generation")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.sqlite"
    path.touch()
    refused(path, "is not a generation")


def test_a_file_of_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.sqlite"
    path.write_text("this is not SQLite " * 100)
    refused(path, "is broken")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "none.sqlite", "is broken")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(tmp_path: Path, kept: float) -> None:
    body = a_full_file(tmp_path).read_bytes()
    path = tmp_path / "cut.sqlite"
    path.write_bytes(body[: int(len(body) * kept)])
    refused(path, "is broken|is not a generation")


def test_an_overwritten_page_is_refused(tmp_path: Path) -> None:
    path = a_full_file(tmp_path)
    body = bytearray(path.read_bytes())
    body[3 * 4096 : 12 * 4096] = b"\xff" * (9 * 4096)
    path.write_bytes(body)
    refused(path, "is broken")


def test_a_generation_without_its_tables_is_refused(tmp_path: Path) -> None:
    """The header alone does not make one."""
    path = tmp_path / "g.sqlite"
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {FORMAT}")
    db.close()
    refused(path, "is broken")


def a_full_file(folder: Path) -> Path:
    writer = Writer(folder / "g.sqlite", ABOUT)
    number = writer.add_database(a_database())
    writer.add_tables(number, [a_table(f"t{at}", blob=b"\x90" * 200) for at in range(2000)])
    return writer.finish()


def test_a_generation_is_not_written_over_a_file_that_is_there(tmp_path: Path) -> None:
    path = Writer(tmp_path / "g.sqlite", ABOUT).finish()
    with pytest.raises(sqlite3.OperationalError):
        Writer(path, ABOUT)


def test_an_abandoned_generation_holds_nothing(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "g.sqlite", ABOUT)
    number = writer.add_database(a_database())
    writer.add_tables(number, [a_table("t")])
    writer.abandon()
    generation = Generation(writer.path)
    assert generation.databases() == []
    generation.close()


def test_no_room_for_the_next_generation_says_so(tmp_path: Path) -> None:
    writer = sqlite3.connect(tmp_path / "after")
    writer.execute("CREATE TABLE t (a)")
    writer.execute("PRAGMA max_page_count = 2")
    with pytest.raises(OutputError, match="full"), generation_errors(None, tmp_path / "after"):
        writer.execute("INSERT INTO t VALUES (zeroblob(1000000))")
    writer.close()


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (sqlite3.DatabaseError("database disk image is malformed"), StateError),
        (msgspec.DecodeError("truncated"), StateError),
    ],
)
def test_what_goes_wrong_inside_a_generation_says_what_to_do(
    tmp_path: Path, raised: Exception, expected: type[Exception]
) -> None:
    with pytest.raises(expected), generation_errors(tmp_path / "before", tmp_path / "after"):
        raise raised
