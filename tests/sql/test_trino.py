"""A real Trino finds the checksums and tokens that gluepot does: what Athena is sent is right, not only alike."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.support.hashcases import CASES, batch_of, columns
from tests.support.trinos import Trino, literal

from gluepot.lake.checksum import checksum
from gluepot.lake.checksum.tokens import Parts, hashed
from gluepot.lake.types.typetext import parse
from gluepot.plan.table import PlannedColumn
from gluepot.sql.athena import hashsql, tokensql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def trino() -> Iterator[Trino]:
    with Trino() as started:
        yield started


def relation(planned: Sequence[PlannedColumn], rows: Sequence[Sequence[Any]]) -> str:
    """Write rows of the lake as a relation of Trino's SQL, with their numbers."""
    kinds = [parse(one.type) for one in planned]
    lines = [
        f"({at}, {', '.join(literal(value, kind) for value, kind in zip(row, kinds, strict=True))})"
        for at, row in enumerate(rows)
    ]
    names = ", ".join(f'"{one.name}"' for one in planned)
    return f"(VALUES {', '.join(lines)}) AS {hashsql.ROWS}(number, {names})"


def hashes(trino: Trino, planned: Sequence[PlannedColumn], rows: Sequence[Sequence[Any]]) -> list[int]:
    sql = f"SELECT {hashsql.row_hash(planned)} FROM {relation(planned, rows)} ORDER BY number"
    return [int(found) for (found,) in trino.rows(sql)]


@pytest.mark.parametrize(("kind", "values"), CASES, ids=[kind for kind, _ in CASES])
def test_trino_hashes_every_type_as_it_was_staged(trino: Trino, kind: str, values: list[Any]) -> None:
    rows = [[value] for value in [None, *values]]
    assert hashes(trino, columns(kind), rows) == checksum.row_hashes(batch_of([kind], rows)).tolist()


@pytest.mark.parametrize("count", [61, 128, 300])
def test_trino_takes_wide_tables(trino: Trino, count: int) -> None:
    rows: list[list[Any]] = [list(range(count)), [None] * count]
    kinds = ["int"] * count
    assert hashes(trino, columns(*kinds), rows) == checksum.row_hashes(batch_of(kinds, rows)).tolist()


def test_trino_adds_hashes_up_without_wrapping(trino: Trino) -> None:
    rows = [[f"row {number}"] for number in range(2000)]
    sql = f"SELECT sum(cast({hashsql.row_hash(columns('string'))} AS decimal(38, 0))) FROM "
    found = trino.rows(sql + relation(columns("string"), rows))
    assert int(found[0][0]) == checksum.total(checksum.row_hashes(batch_of(["string"], rows)))


TEXTS = [
    "",
    "a",
    "abc",
    "ü",
    "Zürich",
    "x" * 15,
    "x" * 16,
    "ü" * 8,
    "ü" * 20,
    "é" * 7 + "a",
    "🎬" * 13,
    "\x7f\x80ÿ" * 5,
]


def tokens(trino: Trino, planned: Sequence[PlannedColumn], rows: Sequence[Sequence[Any]]) -> list[int]:
    key = tokensql.key(planned)
    layers = [f"SELECT number, to_hex({key}) AS x FROM {relation(planned, rows)}"]
    known = {"number": "", "x": ""}
    for layer in tokensql.layers():
        known |= layer
        made = [f"{layer[name]} AS {name}" if name in layer else name for name in known]
        layers.append(f"SELECT {', '.join(made)} FROM l{len(layers) - 1}")
    named = ", ".join(f"l{number} AS ({sql})" for number, sql in enumerate(layers))
    found = trino.rows(f"WITH {named} SELECT token FROM l{len(layers) - 1} ORDER BY number")
    return [int(token) for (token,) in found]


def expected(keys: Sequence[bytes]) -> list[int]:
    lengths = np.array([len(key) for key in keys], dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
    found = hashed(Parts(np.frombuffer(b"".join(keys), dtype=np.uint8), starts, lengths))
    return [int(one) for one in found]


def key_column(kind: str, cql: str, name: str = "k") -> PlannedColumn:
    return PlannedColumn(name=name, type=kind, role="partition_key", cql=cql)


def test_trino_finds_cassandras_tokens_of_text(trino: Trino) -> None:
    assert tokens(trino, [key_column("string", "text")], [[one] for one in TEXTS]) == expected(
        [one.encode() for one in TEXTS]
    )


NUMBERS = [0, 1, -1, 127, 128, -128]


@pytest.mark.parametrize(
    ("kind", "cql", "values", "width"),
    [
        ("int", "tinyint", [0, 1, -1, 127, -128], 1),
        ("int", "smallint", [*NUMBERS, 2**15 - 1, -(2**15)], 2),
        ("int", "int", [*NUMBERS, 2**31 - 1, -(2**31)], 4),
        ("long", "bigint", [*NUMBERS, 2**63 - 1, -(2**63)], 8),
    ],
)
def test_trino_finds_cassandras_tokens_of_numbers(
    trino: Trino, kind: str, cql: str, values: list[int], width: int
) -> None:
    keys = [value.to_bytes(width, "big", signed=True) for value in values]
    assert tokens(trino, [key_column(kind, cql)], [[value] for value in values]) == expected(keys)


def test_trino_finds_cassandras_tokens_of_uuids_times_and_dates(trino: Trino) -> None:
    ids = [uuid.uuid5(uuid.NAMESPACE_DNS, str(number)) for number in range(5)]
    assert tokens(trino, [key_column("string", "uuid")], [[str(one)] for one in ids]) == expected(
        [one.bytes for one in ids]
    )
    times = [0, -1, 1_700_000_000_123, -62_135_596_800_000]
    rows = [[one * 1000] for one in times]
    wanted = expected([one.to_bytes(8, "big", signed=True) for one in times])
    assert tokens(trino, [key_column("timestamptz", "timestamp")], rows) == wanted
    days = [0, -1, 20_000]
    wanted = expected([(one + 2**31).to_bytes(4, "big") for one in days])
    assert tokens(trino, [key_column("date", "date")], [[one] for one in days]) == wanted


def test_trino_finds_cassandras_tokens_of_composite_keys(trino: Trino) -> None:
    pairs = itertools.product(["", "ä", "x" * 20], [0, -5, 2**31 - 1])
    rows: list[list[Any]] = [list(pair) for pair in pairs]
    keys = []
    for text, number in rows:
        parts = [text.encode(), number.to_bytes(4, "big", signed=True)]
        keys.append(b"".join(len(one).to_bytes(2, "big") + one + b"\0" for one in parts))
    planned = [key_column("string", "text", "a"), key_column("int", "int", "b")]
    assert tokens(trino, planned, rows) == expected(keys)
