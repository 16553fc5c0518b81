"""What every extract format does: what goes in through a stage comes back equal through the format's own reader."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from gluepot.collector.extract import parquet, staging
from gluepot.collector.extract.formats import AVAILABLE, formats_of
from gluepot.collector.extract.staging import Stage
from gluepot.config import from_mapping
from gluepot.errors import MissingExtraError, OutputError
from gluepot.glue.records import Database, DatabaseRef, Event, Linkage, Table
from gluepot.glue.shapes import WireColumn
from gluepot.glue.types import TypeSyntaxError, parse_type, to_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.collector.extract.manifest import FileEntry

MARK: Final = "2024-01-02 03:04:05"
Row = dict[str, Any]
Rows = dict[str, list[Row]]


# Readers: each brings its files into the same typed rows.


@dataclass(frozen=True, kw_only=True)
class Case:
    """One format under test.

    Args:
        name: Its name in `formats.AVAILABLE`.
        read: Reads one file (a family's name and the content, decompressed) with the format's own reader.
        lacks: What the format's rows cannot hold.
        header: What each of its text files begins with, by family.
    """

    name: str
    read: Callable[[str, bytes], Rows]
    lacks: frozenset[str] = frozenset()


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


K_FAMILIES: Final = {"DATABASE": "databases", "TABLE": "tables", "VIEW": "tables", "COLUMN": "columns"}


def read_k(family: str, body: bytes, delimiter: str = "|") -> Rows:
    # `newline=""`, as the csv module asks for: line breaks inside fields are as they were written
    text = io.TextIOWrapper(io.BytesIO(body), "utf-8", newline="")
    header, *lines = csv.reader(text, delimiter=delimiter, strict=True)
    found: Rows = {}
    for line in lines:
        row: Row = dict(zip((name.lower() for name in header), line, strict=True))
        for name in row:
            if name.endswith("_at"):
                row[name] = moment(row[name])
            elif name in {"attributes", "detail"}:
                row[name] = json.loads(row[name])
        if "confidence" in row:
            row["confidence"] = float(row["confidence"])
        if row.get("ordinal_position"):
            row["ordinal_position"] = int(row["ordinal_position"])
            row["is_partition_key"] = {"Y": True, "N": False}[row["is_partition_key"]]
        kind = K_FAMILIES[row["object_type"]] if family == "METADATA" else family.lower()
        found.setdefault(kind, []).append(row)
    return found


def read_jsonl(family: str, body: bytes) -> Rows:
    rows = [json.loads(line) for line in body.decode().split("\n")[:-1]]
    return {family: [{key: moment(one) if key.endswith("_at") else one for key, one in row.items()} for row in rows]}


def read_parquet(family: str, body: bytes) -> Rows:
    import pyarrow.parquet as pq

    rows = pq.read_table(io.BytesIO(body)).to_pylist()
    nested = {"attributes", "detail", "type"}
    return {
        family: [
            {key: json.loads(one) if key in nested and one is not None else one for key, one in row.items()}
            for row in rows
        ]
    }


CASES: Final = {
    "k": Case(name="k", read=read_k, lacks=frozenset({"created_at", "type"})),
    "jsonl": Case(name="jsonl", read=read_jsonl),
    "parquet": Case(name="parquet", read=read_parquet),
}


@pytest.fixture(scope="module", params=sorted(AVAILABLE))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def read_all(case: Case, folder: Path, files: list[FileEntry]) -> Rows:
    """Read a stage's files in the order of the parts."""
    found: Rows = {}
    for entry in files:
        for family, rows in case.read(entry.family, content(folder / entry.name)).items():
            found.setdefault(family, []).extend(rows)
    return found


def content(path: Path) -> bytes:
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body


# What is expected, said without the formats' help.


def rows_of(record: Any, change: str, changes: dict[str, str] | None = None) -> Rows:
    """Say which rows a record makes."""
    if isinstance(record, Database):
        return {"databases": [_database(record, change)]}
    if isinstance(record, Table):
        return {"tables": [_table(record, change)], "columns": _columns(record, change, changes)}
    row: Row = msgspec.structs.asdict(record)
    times = {key: moment(one) for key, one in row.items() if key.endswith("_at")}
    return {"linkages" if isinstance(record, Linkage) else "events": [row | times]}


def _database(record: Database, change: str) -> Row:
    return {
        "object_type": "DATABASE",
        "object_id": record.place.id,
        "tool_object_type": record.tool_type,
        "name": record.place.database,
        "description": record.description,
        "path": record.place.path,
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
        "location": record.location,
        "change": change,
        "attributes": json.loads(record.attributes),
    }


def _table(record: Table, change: str) -> Row:
    return {
        "object_type": record.kind,
        "object_id": record.id,
        "tool_object_type": record.tool_type,
        "name": record.name,
        "description": record.description,
        "path": record.path,
        "query_code": record.query_code,
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
        "parent_id": record.place.id,
        "owner": record.owner,
        "location": record.location,
        "format": record.format,
        "change": change,
        "attributes": json.loads(record.attributes),
    }


def _columns(record: Table, change: str, changes: dict[str, str] | None) -> list[Row]:
    kinds = [(column, False) for column in record.columns] + [(column, True) for column in record.partition_keys]
    return [
        {
            "object_type": "COLUMN",
            "object_id": f"{record.id}#{percent(column.Name)}",
            "tool_object_type": "PARTITION_KEY" if is_key else "COLUMN",
            "name": column.Name,
            "description": column.Comment or "",
            "path": f"{record.path}.{column.Name.replace('.', '_')}",
            "updated_at": moment(record.updated_at),
            "parent_id": record.id,
            "data_type": column.Type or "",
            "type": tree(column.Type or ""),
            "ordinal_position": position,
            "is_partition_key": is_key,
            "change": change if changes is None else changes.get(column.Name, "UNCHANGED"),
            "attributes": ({"Parameters": column.Parameters} if column.Parameters else {})
            | record.column_attributes.get(column.Name, {}),
        }
        for position, (column, is_key) in enumerate(kinds, 1)
    ]


def percent(name: str) -> str:
    return "".join(f"%{ord(one):02X}" if one in "/#%" or one < " " or one == "\x7f" else one for one in name)


def tree(text: str) -> dict[str, Any] | None:
    try:
        return to_plain(parse_type(text)) if text else None
    except TypeSyntaxError:
        return None


def check_rows(case: Case, found: Rows, expected: Rows) -> None:
    for family in ("databases", "tables", "columns", "linkages", "events"):
        wanted = [{key: one for key, one in row.items() if key not in case.lacks} for row in expected.get(family, [])]
        rows = found.get(family, [])
        assert [{key: row[key] for key in want} for row, want in zip(rows, wanted, strict=True)] == wanted
        if case.name != "k":  # K's rows have the columns of all kinds of objects
            assert [list(row) for row in rows] == [list(row) for row in expected.get(family, [])]


# Records as hostile as a catalog can make them.

HOSTILE: Final = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "t",
                "a|b",
                'say "x"',
                '"',
                '""',
                '"|"',
                "line\nbreak",
                "\r\n",
                "\r",
                "\x00",
                "a\x00|\x00",
                "\\",
                "\\n",
            ),
            *(
                "../../etc/passwd",
                "=1+1",
                "@SUM(A1)",
                "\u2028\u2029\x85",
                "\ufeff",
                "☃",
                "😀",
                "e\u0301",
                "a.b",
                "a/b#c%d",
            ),
            *("{}", "null", "'", "\t", "\x7f\x1b[31m", "x" * 3000),
        ]
    ),
    st.text(max_size=12),
)
TIMES: Final = st.one_of(
    st.sampled_from(["", "0001-01-01 00:00:00", "9999-12-31 23:59:59"]),
    st.datetimes().map(lambda one: one.isoformat(sep=" ", timespec="seconds")),
)
JSON: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63),
        st.floats(allow_nan=False, allow_infinity=False),
        HOSTILE,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(HOSTILE, inner, max_size=3)),
    max_leaves=6,
)
OBJECTS: Final = st.dictionaries(HOSTILE, JSON, max_size=3)
OBJECT_TEXTS: Final = OBJECTS.map(lambda one: msgspec.json.encode(one).decode())
PLACES: Final = st.builds(
    DatabaseRef,
    server=HOSTILE,
    partition=st.just("aws"),
    region=HOSTILE,
    account=HOSTILE,
    catalog=st.sampled_from(["", "s3tablescatalog/bucket", "a|b/c"]),
    catalog_id=HOSTILE,
    database=HOSTILE,
)
TYPES: Final = st.one_of(
    st.none(),
    st.just(UNSET),
    st.sampled_from(
        [
            "int",
            "decimal(10,2)",
            "array<struct<`a\"b|`:int comment 'x\ny'>>",
            "map<string,",
            "array<" * 90 + "int" + ">" * 90,
        ]
    ),
    HOSTILE,
)
COLUMNS: Final = st.builds(
    WireColumn,
    Name=HOSTILE,
    Type=TYPES,
    Comment=st.one_of(st.none(), st.just(UNSET), HOSTILE),
    Parameters=st.one_of(st.none(), st.just(UNSET), st.dictionaries(HOSTILE, HOSTILE, max_size=2)),
)
DATABASES: Final = st.builds(
    Database,
    place=PLACES,
    description=HOSTILE,
    updated_at=TIMES,
    created_at=TIMES,
    location=HOSTILE,
    tool_type=HOSTILE,
    attributes=OBJECT_TEXTS,
)
TABLES: Final = st.builds(
    Table,
    place=PLACES,
    name=HOSTILE,
    kind=st.sampled_from(["TABLE", "VIEW"]),
    tool_type=HOSTILE,
    description=HOSTILE,
    query_code=HOSTILE,
    created_at=TIMES,
    updated_at=TIMES,
    owner=HOSTILE,
    location=HOSTILE,
    format=HOSTILE,
    columns=st.lists(COLUMNS, max_size=4, unique_by=lambda one: one.Name),
    partition_keys=st.lists(COLUMNS, max_size=2, unique_by=lambda one: one.Name),
    attributes=OBJECT_TEXTS,
    column_attributes=st.dictionaries(HOSTILE, OBJECTS, max_size=2),
).map(lambda one: marked_plain(one))  # noqa: PLW0108 - it stands below


def marked_plain(one: Table) -> Table:
    """Mark a table as reading does where its own record holds no quote and no control character."""
    texts = [one.name, *(text or "" for column in one.columns + one.partition_keys for text in texts_of(column))]
    one.plain = not any(sign == '"' or sign < " " for text in texts for sign in text)
    return one


def texts_of(column: WireColumn) -> tuple[str, str, str]:
    return column.Name, column.Type or "", column.Comment or ""


LINKS: Final = st.builds(
    Linkage,
    link_type=HOSTILE,
    source_type=HOSTILE,
    source_id=HOSTILE,
    target_type=HOSTILE,
    target_id=HOSTILE,
    evidence=HOSTILE,
    confidence=st.sampled_from([0.0, 0.5, 0.25, 1.0]),
    updated_at=TIMES,
    detail=OBJECTS,
)
EVENTS: Final = st.builds(
    Event,
    event_at=TIMES,
    event_type=HOSTILE,
    object_type=HOSTILE,
    object_id=HOSTILE,
    parent_id=HOSTILE,
    actor=HOSTILE,
    evidence=HOSTILE,
    before=HOSTILE,
    after=HOSTILE,
    detail=OBJECTS,
)
CHANGES: Final = st.sampled_from(["CREATED", "UPDATED", "UNCHANGED"])
CHANGE_MAPS: Final = st.one_of(st.none(), st.dictionaries(HOSTILE, CHANGES, max_size=2))
RECORDS: Final = st.lists(st.one_of(DATABASES, TABLES, LINKS, EVENTS), max_size=5)


@given(records=RECORDS, change=CHANGES, changes=CHANGE_MAPS, spill=st.booleans(), compress=st.booleans())
def test_records_come_back_equal(
    case: Case, records: list[Any], change: str, changes: dict[str, str] | None, *, spill: bool, compress: bool
) -> None:
    """Whatever the names and texts, held in memory or on disk, compressed or not."""
    expected: Rows = {}
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        if spill:
            patch.setattr(staging, "HELD_BYTES", 500)
        stage = Stage(Path(name), MARK, formats_of(from_mapping({"formats": [case.name]})), compress=compress)
        held = stage.hold()
        for record in records:
            hold(held, record, change, changes)
            for family, rows in rows_of(record, change, changes).items():
                expected.setdefault(family, []).extend(rows)
        held.commit()
        check_rows(case, read_all(case, Path(name), stage.finish()), expected)


def hold(held: staging.Held, record: Any, change: str, changes: dict[str, str] | None = None) -> None:
    if isinstance(record, Database):
        held.database(record, change)
    elif isinstance(record, Table):
        held.table(record, change, changes)
    elif isinstance(record, Linkage):
        held.linkages([record])
    else:
        held.event(record)


# Facts that need no hostility.

PLACE: Final = DatabaseRef(
    server="srv", partition="aws", region="eu-west-1", account="123456789012", catalog="", catalog_id="", database="db"
)


def table(number: int, columns: int = 3) -> Table:
    name = f"t{number:04d}"
    link = Linkage(
        link_type="STORED_AT", source_type="TABLE", source_id=name, target_type="S3", target_id="s3://b/k", evidence="e"
    )
    return Table(
        place=PLACE,
        name=name,
        updated_at=MARK,
        columns=[WireColumn(Name=f'c"{at}', Type="array<int>", Comment="line\nbreak") for at in range(columns)],
        partition_keys=[],
        linkages=[link],
    )


def staged(case: Case, folder: Path, tables: list[Table], *, compress: bool = False) -> list[FileEntry]:
    """Stage tables, each a database of its own."""
    folder.mkdir(exist_ok=True)
    stage = Stage(folder, MARK, formats_of(from_mapping({"formats": [case.name]})), compress=compress)
    for one in tables:
        held = stage.hold()
        held.table(one, "CREATED", None)
        held.commit()
    return stage.finish()


def expected_of(tables: list[Table]) -> Rows:
    expected: Rows = {"tables": [], "columns": [], "linkages": []}
    for one in tables:
        for record in (one, *one.linkages):
            for family, rows in rows_of(record, "CREATED").items():
                expected[family] += rows
    return expected


@pytest.mark.parametrize("limit", [1, 1024 * 1024], ids=["on disk", "in memory"])
def test_a_database_is_there_whole_or_not_at_all(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """Two databases are held at once; what one of them drops is nowhere, and what follows a drop is there."""
    monkeypatch.setattr(staging, "HELD_BYTES", limit)
    stage = Stage(tmp_path, MARK, formats_of(from_mapping({"formats": [case.name]})), compress=False)
    kept, dropped = stage.hold(), stage.hold()
    for number in range(4):
        (kept if number % 2 else dropped).table(table(number), "CREATED", None)
    dropped.drop()
    dropped.table(table(9), "CREATED", None)
    kept.commit()
    dropped.commit()
    dropped.commit()  # a second time it has nothing
    check_rows(case, read_all(case, tmp_path, stage.finish()), expected_of([table(1), table(3), table(9)]))


def test_nothing_is_written_before_the_commit(case: Case, tmp_path: Path) -> None:
    stage = Stage(tmp_path, MARK, formats_of(from_mapping({"formats": [case.name]})), compress=False)
    held = stage.hold()
    held.table(table(1), "CREATED", None)
    assert list(tmp_path.iterdir()) == []
    held.drop()
    files = stage.finish()
    assert [(one.family, one.rows) for one in files] == ([("METADATA", 0)] if case.name == "k" else [])


def test_spilling_to_disk_changes_no_byte_and_leaves_no_file(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = [table(number) for number in range(5)]
    in_memory = staged(case, tmp_path / "memory", tables)
    monkeypatch.setattr(staging, "HELD_BYTES", 100)
    on_disk = staged(case, tmp_path / "disk", tables)
    assert on_disk == in_memory
    assert {path.name for path in (tmp_path / "disk").iterdir()} == {one.name for one in on_disk}


@pytest.mark.parametrize("compress", [False, True])
def test_parts_hold_whole_records_and_are_files_of_their_own(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, compress: bool
) -> None:
    limit = 3000
    monkeypatch.setattr(staging, "PART_BYTES", limit)
    tables = [table(number, columns=4) for number in range(12)]
    files = staged(case, tmp_path, tables, compress=compress)
    check_rows(case, read_all(case, tmp_path, files), expected_of(tables))
    main = "METADATA" if case.name == "k" else "columns"
    parts = [one for one in files if one.family == main]
    ending = {"k": ".csv", "jsonl": ".jsonl", "parquet": ".parquet"}[case.name]
    ending += ".gz" if compress and case.name != "parquet" else ""
    assert len(parts) > 3
    assert [one.name for one in parts] == [
        f"{main}_20240102030405{f'_{number:04d}' if number > 1 else ''}{ending}" for number in range(1, len(parts) + 1)
    ]
    for part in parts:
        rows = case.read(main, content(tmp_path / part.name))
        assert sum(map(len, rows.values())) == part.rows > 0
        assert [row["ordinal_position"] for row in rows["columns"]] == [1, 2, 3, 4] * (len(rows["columns"]) // 4)
        assert case.name == "parquet" or len(content(tmp_path / part.name)) <= limit


@pytest.mark.parametrize("compress", [False, True])
def test_what_finish_lists_is_true(case: Case, tmp_path: Path, *, compress: bool) -> None:
    files = staged(case, tmp_path, [table(number) for number in range(3)], compress=compress)
    assert {path.name for path in tmp_path.iterdir()} == {one.name for one in files}
    for one in files:
        body = (tmp_path / one.name).read_bytes()
        rows = case.read(one.family, content(tmp_path / one.name))
        assert one.format == case.name
        assert one.rows == sum(map(len, rows.values()))
        assert one.bytes == len(body)
        assert one.sha256 == hashlib.sha256(body).hexdigest()


def test_families_without_rows_are_not_written(case: Case, tmp_path: Path) -> None:
    plain = msgspec.structs.replace(table(1, columns=0), linkages=[])
    families = [one.family for one in staged(case, tmp_path / "plain", [plain])]
    assert families == (["METADATA"] if case.name == "k" else ["tables"])
    families = [one.family for one in staged(case, tmp_path / "nothing", [])]
    assert families == (["METADATA"] if case.name == "k" else [])


@pytest.mark.parametrize("compress", [False, True])
def test_the_same_records_give_the_same_bytes(case: Case, tmp_path: Path, *, compress: bool) -> None:
    tables = [table(number) for number in range(3)]
    assert staged(case, tmp_path / "a", tables, compress=compress) == staged(
        case, tmp_path / "b", tables, compress=compress
    )


def test_a_quote_in_the_name_of_a_server_or_database_is_escaped_in_plain_tables(case: Case, tmp_path: Path) -> None:
    """Columns without anything to escape are written a quicker way, which must see what their ids begin with."""
    place = msgspec.structs.replace(PLACE, server='the "server"', database='d"b')
    plain = Table(place=place, name="t", columns=[WireColumn(Name="a", Type="int")], partition_keys=[], plain=True)
    files = staged(case, tmp_path, [plain])
    check_rows(case, read_all(case, tmp_path, files), rows_of(plain, "CREATED"))


def test_a_folder_that_is_gone_is_an_output_error(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    stage = Stage(folder, MARK, formats_of(from_mapping({"formats": [case.name]})), compress=False)
    held = stage.hold()
    held.table(table(1), "CREATED", None)
    shutil.rmtree(folder)
    with pytest.raises(OutputError, match="gone"):
        commit_and_finish(held, stage)
    stage.abandon()


def commit_and_finish(held: staging.Held, stage: Stage) -> None:
    """Do both: the file is written by a thread, and whichever comes after it notices."""
    held.commit()
    stage.finish()


def test_all_formats_of_one_run_hold_the_same_rows(tmp_path: Path) -> None:
    stage = Stage(tmp_path, MARK, formats_of(from_mapping({"formats": list(AVAILABLE)})), compress=True)
    held = stage.hold()
    held.table(table(1), "CREATED", {'c"1': "UPDATED"})
    held.commit()
    files = stage.finish()
    assert {path.name for path in tmp_path.iterdir()} == {one.name for one in files}
    for case in CASES.values():
        found = read_all(case, tmp_path, [one for one in files if one.format == case.name])
        assert [row["change"] for row in found["columns"]] == ["UNCHANGED", "UPDATED", "UNCHANGED"]


# Parquet's own.


def test_parquet_is_typed_and_compressed(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    stage = Stage(tmp_path, MARK, formats_of(from_mapping({"formats": ["parquet"]})), compress=False)
    held = stage.hold()
    held.database(Database(place=PLACE), "CREATED")
    held.table(table(1), "CREATED", None)
    held.event(Event(event_at=MARK, event_type="CREATED", object_type="TABLE", object_id="x"))
    held.commit()
    types: dict[str, str] = {}
    for one in stage.finish():
        file = pq.ParquetFile(tmp_path / one.name)
        types |= {f"{one.family}.{field.name}": str(field.type) for field in file.schema_arrow}
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    moments = {"databases.created_at", "databases.updated_at", "tables.created_at", "tables.updated_at"}
    moments |= {"columns.updated_at", "linkages.updated_at", "events.event_at"}
    typed = dict.fromkeys(moments, "timestamp[ms, tz=UTC]")  # Parquet has no seconds
    typed |= {"columns.ordinal_position": "int32", "columns.is_partition_key": "bool", "linkages.confidence": "double"}
    assert {name: kind for name, kind in types.items() if kind != "string"} == typed


def test_parquet_is_made_batch_by_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch ends with a line, and a line longer than a batch is one."""
    import pyarrow.parquet as pq

    monkeypatch.setattr(parquet, "BATCH_BYTES", 1000)
    tables = [table(number) for number in range(10)]
    tables[5].description = "x" * 5000
    files = staged(CASES["parquet"], tmp_path, tables)
    check_rows(CASES["parquet"], read_all(CASES["parquet"], tmp_path, files), expected_of(tables))
    groups = {one.family: pq.ParquetFile(tmp_path / one.name).metadata.num_row_groups for one in files}
    assert 1 < groups["tables"] < 10


def test_parquet_without_pyarrow_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError) as missing:
        formats_of(from_mapping({"formats": ["k", "parquet"]}))
    assert missing.value.hint == "pip install 'gluepot[parquet]'"


def test_pyarrow_is_loaded_only_when_parquet_is_written() -> None:
    code = (
        "import sys; from gluepot.collector.extract.formats import formats_of;"
        "from gluepot.config import Config; formats_of(Config(formats=('k', 'jsonl', 'parquet')));"
        "sys.exit('pyarrow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))})
