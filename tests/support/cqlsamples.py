"""Tables with every CQL type, what is written to them in CQL, and what reading them gives.

`tests/cassandra/test_decode_node.py` writes and reads them at a real node; `python -m tests.support.cqlsamples` records
the node's result frames to `tests/support/frames`, where `tests/cassandra/test_decode_recorded.py` reads them without a
node.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from gluepot.cassandra.decode import decode
from gluepot.cassandra.frames import Handler, raw

if TYPE_CHECKING:
    from gluepot.cassandra.frames import RawPage

FOLDER: Final = Path(__file__).parent / "frames"
VERSION: Final = 4
RESULT: Final = 8
ID: Final = "8d51d5a0-1d2f-4ada-9c3e-0123456789ab"
TIME_ID: Final = "50554d6e-29bb-11e5-b345-feff819cdc9f"
MARSHAL: Final = "org.apache.cassandra.db.marshal"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One table.

    Args:
        setup: Statements; `{ks}` is the keyspace.
        select: What is read.
        types: The types of the columns, as CQL.
        rows: What reading it gives; dates as days and timestamps as milliseconds where they stand in a column.
        empty: Zero-length values that are null, by column.
    """

    setup: tuple[str, ...]
    select: str
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    empty: dict[str, int]


def _scalars() -> Sample:
    names = (
        "ascii bigint blob boolean date decimal double duration float inet int smallint text time timestamp timeuuid"
    )
    kinds = [*names.split(), "tinyint", "uuid", "varint"]
    columns = ", ".join(f"c_{kind} {kind}" for kind in kinds)
    into = "INSERT INTO {ks}.scalars (p, c, " + ", ".join(f"c_{kind}" for kind in kinds) + ") VALUES (1, "
    usual = (
        f"'plain', 7, 0xcafe, true, '2024-02-29', 12.50, 1.5, 1y2mo3d4h5ms, 0.25, '10.0.0.1', 42, 3, 'größer 猫 🐈', "
        f"'13:37:00.000000001', '2024-02-29T12:00:00.123Z', {TIME_ID}, 5, {ID}, 12345678901234567890"
    )
    least = (
        "'', -9223372036854775808, 0x, false, 0, -0.000000001, -Infinity, -1ns, NaN, '::', -2147483648, -32768, '', "
        "0, -9223372036854775808, 00000000-0000-1000-8000-000000000000, -128, 00000000-0000-0000-0000-000000000000, "
        "-99999999999999999999999999999999999999"
    )
    most = (
        "'~', 9223372036854775807, 0xff00, true, 4294967295, 1E+40, Infinity, 178956970y7mo2147483647d1ns, -0.0, "
        "'ffff::1:0:0:1', 2147483647, 32767, '\u0001', '23:59:59.999999999', 9223372036854775807, "
        "ffffffff-ffff-1fff-bfff-ffffffffffff, 127, ffffffff-ffff-ffff-ffff-ffffffffffff, "
        "99999999999999999999999999999999999999"
    )
    can_be_empty = [
        kind
        for kind in kinds
        if kind not in {"ascii", "blob", "text", "date", "time", "smallint", "tinyint", "duration"}
    ]
    empties = ", ".join(f"c_{kind}" for kind in can_be_empty)
    blobs = ", ".join(f"blobAs{kind.title()}(0x)" for kind in can_be_empty)
    nulls = dict.fromkeys(kinds)
    first = (
        "plain", 7, b"\xca\xfe", True, 19782, "12.50", 1.5,
        {"months": 14, "days": 3, "nanos": 14_400_005_000_000}, 0.25, "10.0.0.1", 42, 3,
        "größer 猫 🐈", 49_020_000_000_001, 1_709_208_000_123, TIME_ID, 5, ID, 12345678901234567890,
    )  # fmt: skip
    second = (
        "", -(2**63), b"", False, -(2**31), "-1E-9", float("-inf"), {"months": 0, "days": 0, "nanos": -1}, "NaN",
        "::", -(2**31), -(2**15), "", 0, -(2**63), "00000000-0000-1000-8000-000000000000", -128,
        "00000000-0000-0000-0000-000000000000", -(10**38) + 1,
    )  # fmt: skip
    third = (
        "~", 2**63 - 1, b"\xff\0", True, 2**31 - 1, "1E+40", float("inf"),
        {"months": 2**31 - 1, "days": 2**31 - 1, "nanos": 1}, -0.0, "ffff::1:0:0:1", 2**31 - 1, 2**15 - 1, "\1",
        86_399_999_999_999, 2**63 - 1, "ffffffff-ffff-1fff-bfff-ffffffffffff", 127,
        "ffffffff-ffff-ffff-ffff-ffffffffffff", 10**38 - 1,
    )  # fmt: skip
    none = tuple(nulls.values())
    return Sample(
        setup=(
            "CREATE TABLE {ks}.scalars (p int, c int, " + columns + ", PRIMARY KEY (p, c))",
            f"{into}1, {usual})",
            f"{into}2, {least})",
            f"{into}3, {most})",
            "INSERT INTO {ks}.scalars (p, c) VALUES (1, 4)",
            "INSERT INTO {ks}.scalars (p, c, " + empties + f") VALUES (1, 5, {blobs})",
        ),
        select="SELECT c, " + ", ".join(f"c_{kind}" for kind in kinds) + " FROM {ks}.scalars",
        types=("int", *kinds),
        rows=((1, *first), (2, *second), (3, *third), (4, *none), (5, *none)),
        empty={f"c_{kind}": 1 for kind in can_be_empty},
    )


def _collections() -> Sample:
    columns = {
        "l": "list<int>",
        "s": "set<text>",
        "m": "map<text, uuid>",
        "fl": "frozen<list<int>>",
        "fs": "frozen<set<inet>>",
        "fm": "frozen<map<int, frozen<list<text>>>>",
        "deep": "map<text, frozen<map<int, frozen<set<frozen<list<varint>>>>>>>",
    }
    into = "INSERT INTO {ks}.collections (p, c, l, s, m, fl, fs, fm, deep) VALUES (1, "
    return Sample(
        setup=(
            "CREATE TABLE {ks}.collections (p int, c int, "
            + ", ".join(f"{name} {kind}" for name, kind in columns.items())
            + ", PRIMARY KEY (p, c))",
            into + "1, [3, 1, 3], {{'b', 'a', ''}}, {{'k': " + ID + "}}, [1], {{'::1', '1.2.3.4'}}, "
            "{{1: ['x', ''], 2: []}}, {{'a': {{7: {{[1, -1], []}}}}}})",
            into + "2, [], {{}}, {{}}, [], {{}}, {{}}, {{}})",
            "INSERT INTO {ks}.collections (p, c) VALUES (1, 3)",
        ),
        select="SELECT c, l, s, m, fl, fs, fm, deep FROM {ks}.collections",
        types=(
            "int",
            "list<int>",
            "set<text>",
            "map<text, uuid>",
            "list<int>",
            "set<inet>",
            "map<int, list<text>>",
            "map<text, map<int, set<list<varint>>>>",
        ),
        rows=(
            (1, [3, 1, 3], ["", "a", "b"], [("k", ID)], [1], ["::1", "1.2.3.4"], [(1, ["x", ""]), (2, [])],
             [("a", [(7, [[], [1, -1]])])]),
            (2, None, None, None, [], [], [], None),
            (3, None, None, None, None, None, None, None),
        ),
        empty={},
    )  # fmt: skip


def _structs() -> Sample:
    return Sample(
        setup=(
            "CREATE TYPE {ks}.place (street text, number int)",
            'CREATE TYPE {ks}."Person" ("Name" text, places list<frozen<place>>, nick frozen<tuple<int, text>>)',
            (
                'CREATE TABLE {ks}.structs (p int, c int, place place, f frozen<place>, person frozen<"Person">, '
                "t tuple<int, text, frozen<list<int>>>, PRIMARY KEY (p, c))"
            ),
            (
                "INSERT INTO {ks}.structs (p, c, place, f, person, t) VALUES (1, 1, {{street: 'a', number: 1}}, "
                "{{street: '', number: null}}, "
                "{{\"Name\": 'n', places: [{{street: 'x', number: 2}}], nick: (1, null)}}, (1, 'b', [2, 3]))"
            ),
            "ALTER TYPE {ks}.place ADD floor tinyint",
            (
                "INSERT INTO {ks}.structs (p, c, place, f, person, t) VALUES (1, 2, {{street: 'b', floor: 3}}, "
                "{{floor: -1}}, {{places: [{{street: 'y', number: 2, floor: 9}}]}}, (null, null, null))"
            ),
            "INSERT INTO {ks}.structs (p, c) VALUES (1, 3)",
        ),
        select="SELECT c, place, f, person, t FROM {ks}.structs",
        types=("int", "place", "place", '"Person"', "frozen<tuple<int, text, list<int>>>"),
        rows=(
            (
                1,
                {"street": "a", "number": 1, "floor": None},
                {"street": "", "number": None, "floor": None},
                {"Name": "n", "places": [{"street": "x", "number": 2, "floor": None}], "nick": {"_0": 1, "_1": None}},
                {"_0": 1, "_1": "b", "_2": [2, 3]},
            ),
            (
                2,
                {"street": "b", "number": None, "floor": 3},
                {"street": None, "number": None, "floor": -1},
                {"Name": None, "places": [{"street": "y", "number": 2, "floor": 9}], "nick": None},
                {"_0": None, "_1": None, "_2": None},
            ),
            (3, None, None, None, None),
        ),
        empty={},
    )


def _vectors() -> Sample:
    kinds = {
        "f": ("float", "0.5", 0.5),
        "d": ("double", "-1.0", -1.0),
        "i": ("int", "7", 7),
        "b": ("bigint", "-1", -1),
        "bo": ("boolean", "true", True),
        "u": ("uuid", ID, ID),
        "ts": ("timeuuid", TIME_ID, TIME_ID),
        "si": ("smallint", "300", 300),
        "ti": ("tinyint", "-3", -3),
        "t": ("text", "'猫'", "猫"),
        "bl": ("blob", "0x00", b"\0"),
        "v": ("varint", "18446744073709551616", 2**64),
        "de": ("decimal", "1.10", "1.10"),
        "tm": ("time", "'00:00:01'", 10**9),
        "ip": ("inet", "'1.2.3.4'", "1.2.3.4"),
        "du": ("duration", "1mo", {"months": 1, "days": 0, "nanos": 0}),
        "l": ("frozen<list<int>>", "[1, 2]", [1, 2]),
        "ve": ("vector<float, 2>", "[1.0, 2.0]", [1.0, 2.0]),
        "vt": ("vector<text, 2>", "['a', '']", ["a", ""]),
        "tu": ("frozen<tuple<int, text>>", "(1, null)", {"_0": 1, "_1": None}),
    }
    names = ", ".join(kinds)
    values = ", ".join(f"[{literal}, {literal}]" for _, literal, _ in kinds.values())
    return Sample(
        setup=(
            "CREATE TABLE {ks}.vectors (p int, c int, "
            + ", ".join(f"{name} vector<{kind}, 2>" for name, (kind, _, _) in kinds.items())
            + ", PRIMARY KEY (p, c))",
            "INSERT INTO {ks}.vectors (p, c, " + names + ") VALUES (1, 1, " + values + ")",
            "INSERT INTO {ks}.vectors (p, c) VALUES (1, 2)",
        ),
        select="SELECT c, " + names + " FROM {ks}.vectors",
        types=("int", *(f"vector<{kind}, 2>" for kind, _, _ in kinds.values())),
        rows=((1, *([value, value] for _, _, value in kinds.values())), (2, *(None for _ in kinds))),
        empty={},
    )


def _statics() -> Sample:
    return Sample(
        setup=(
            (
                'CREATE TABLE {ks}.statics ("P" int, "c""x" timestamp, s text STATIC, "Wert ✓" int, '
                'PRIMARY KEY ("P", "c""x")) WITH CLUSTERING ORDER BY ("c""x" DESC)'
            ),
            "INSERT INTO {ks}.statics (\"P\", s) VALUES (1, 'alone')",
            'INSERT INTO {ks}.statics ("P", "c""x", s, "Wert ✓") VALUES (2, 1000, \'shared\', 1)',
            'INSERT INTO {ks}.statics ("P", "c""x", "Wert ✓") VALUES (2, 2000, 2)',
        ),
        select='SELECT "P", "c""x", s, "Wert ✓" FROM {ks}.statics WHERE "P" IN (1, 2)',
        types=("int", "timestamp", "text", "int"),
        rows=((1, None, "alone", None), (2, 2000, "shared", 2), (2, 1000, "shared", 1)),
        empty={},
    )


def _counters() -> Sample:
    return Sample(
        setup=(
            "CREATE TABLE {ks}.counters (p int, c int, n counter, PRIMARY KEY (p, c))",
            "UPDATE {ks}.counters SET n = n - 5 WHERE p = 1 AND c = 1",
        ),
        select="SELECT c, n FROM {ks}.counters",
        types=("int", "counter"),
        rows=((1, -5),),
        empty={},
    )


def _customs() -> Sample:
    composite = f"{MARSHAL}.CompositeType({MARSHAL}.Int32Type,{MARSHAL}.UTF8Type)"
    dynamic = f"{MARSHAL}.DynamicCompositeType(a=>{MARSHAL}.BytesType)"
    return Sample(
        setup=(
            "CREATE TABLE {ks}.customs (p int PRIMARY KEY, l '" + f"{MARSHAL}.LexicalUUIDType', co '{composite}', "
            f"d '{dynamic}')",
            "INSERT INTO {ks}.customs (p, l, co, d) VALUES (1, 0x" + ID.replace("-", "") + ", "
            "0x0004000000010000016100, 0x80610002cafe00)",
        ),
        select="SELECT l, co, d FROM {ks}.customs",
        types=(f"'{MARSHAL}.LexicalUUIDType'", f"'{composite}'", f"'{dynamic}'"),
        rows=(
            (
                bytes.fromhex(ID.replace("-", "")),
                bytes.fromhex("0004000000010000016100"),
                bytes.fromhex("80610002cafe00"),
            ),
        ),
        empty={},
    )


SAMPLES: Final = {
    "scalars": _scalars(),
    "collections": _collections(),
    "structs": _structs(),
    "vectors": _vectors(),
    "statics": _statics(),
    "counters": _counters(),
    "customs": _customs(),
}


def written(sample: Sample, session: Any, keyspace: str) -> str:
    """Write a sample, and give the query that reads it."""
    for statement in sample.setup:
        session.execute(statement.replace("{ks}", keyspace).replace("{{", "{").replace("}}", "}"))
    return sample.select.replace("{ks}", keyspace)


def hold(sample: Sample, raw: RawPage) -> None:
    """Compare a page with what it must give."""
    assert tuple(str(kind) for _, kind in raw.columns) == sample.types
    page = decode(raw.columns, raw.rows, raw.count)
    page.batch.validate(full=True)
    columns = [_plain(array) for array in page.batch.columns]
    assert list(zip(*columns, strict=True)) == list(sample.rows)
    assert page.empty == sample.empty
    assert page.replaced == {}


def _plain(array: Any) -> list[Any]:
    """Show times as numbers, and NaN as something that equals itself."""
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    elif pa.types.is_date32(array.type):
        array = array.cast(pa.int32())
    return ["NaN" if one != one else one for one in array.to_pylist()]  # noqa: PLR0124 - NaN


class Recorder(Handler):
    """Keeps the bodies of results beside handing them on."""

    bodies: list[bytes] = []  # noqa: RUF012 - the driver makes no instance

    @classmethod
    def decode_message(
        cls, version: Any, udts: Any, stream: Any, flags: Any, opcode: Any, body: Any, *more: Any
    ) -> Any:
        """Keep a result's body."""
        if opcode == RESULT:
            cls.bodies.append(bytes(body))
        return super().decode_message(version, udts, stream, flags, opcode, body, *more)


def recorded(name: str) -> RawPage:
    """Read a recorded frame."""
    body = (FOLDER / f"{name}.bin").read_bytes()
    page: RawPage = Handler.decode_message(VERSION, {}, 0, 0, RESULT, body, None, None).parsed_rows[0]
    return page


def main() -> None:
    """Record all samples' frames from a node that is started for it."""
    from gluepot_sandbox import cassandra as server

    FOLDER.mkdir(parents=True, exist_ok=True)
    with server.start() as node:
        session = node.connect(protocol_version=VERSION)
        session.execute(
            "CREATE KEYSPACE recorded WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
        )
        reading = raw(session)
        reading._session.client_protocol_handler = Recorder
        for name, sample in SAMPLES.items():
            reading.execute(written(sample, session, "recorded"))
            (FOLDER / f"{name}.bin").write_bytes(Recorder.bodies[-1])
        session.cluster.shutdown()
    sys.stdout.write(f"{len(SAMPLES)} frames in {FOLDER}\n")


if __name__ == "__main__":
    main()
