"""Cassandra's token of a row as Trino's SQL, so that Athena can count and hash each token range by itself.

Trino has a `murmur3`, but Cassandra's differs: bytes of the tail are sign-extended (`gluepot.core.tokens`). So
it is written out here, in layers of SELECTs, with 64-bit words as bigint. Trino's bigint does not wrap: sums and
products are of decimals, taken modulo 2^64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from gluepot.lake.types.typetext import parse
from gluepot.sql.athena.hashsql import column, local_time, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gluepot.plan.table import PlannedColumn

C1: Final = 0x87C37B91114253D5
C2: Final = 0x4CF5AD432745937F
_MIX1: Final = 0xFF51AFD7ED558CCD
_MIX2: Final = 0xC4CEB9FE1A85EC53
_ADD1: Final = 0x52DCE729
_ADD2: Final = 0x38495AB5
_SIGNS: Final = -0x7F7F7F7F7F7F7F80
"""0x8080808080808080: the sign of each byte of a word."""

_HALF: Final = 1 << 32
_LAST: Final = (1 << 63) - 1
_BLOCK: Final = 32
"""Hexadecimal digits of 16 bytes."""


def key(columns: Sequence[PlannedColumn]) -> str | None:
    """Write a row's serialised partition key; None where it is not in the table as it was.

    Args:
        columns: All of the table's; those of the role `partition_key` are the whole key, in its order.
    """
    parts = [_bytes(key) for key in columns if key.role == "partition_key"]
    if not parts or None in parts:
        return None
    given = [f"coalesce({part}, X'')" for part in parts]
    return given[0] if len(given) == 1 else f"concat({', '.join(_component(part) for part in given)})"


def _component(value: str) -> str:
    """Lay one component of a composite key out as CompositeType does: two bytes of length, the value, a zero."""
    length = f"bitwise_right_shift(length(to_hex({value})), 1)"
    return f"from_hex(substr(to_hex(to_big_endian_32(cast({length} AS integer))), 5)), {value}, X'00'"


def _bytes(planned: PlannedColumn) -> str | None:
    """Write the bytes that Cassandra serialises a key column to; None where SQL cannot."""
    kind = parse(planned.type)
    changed = planned.cast or planned.masked or (planned.policy == "null" and planned.cql in {"timestamp", "date"})
    made = None if changed else _BYTES.get((planned.cql, kind.name))
    return made(column(planned)) if made else None


def _last(digits: int) -> Callable[[str], str]:
    """Write an integer in as many bytes as these digits are, at the end of its eight."""
    return lambda value: f"from_hex(substr(to_hex(to_big_endian_64({value})), {17 - digits}))"


def _days(value: str) -> str:
    return _last(8)(f"date_diff('day', date '1970-01-01', {value}) + 2147483648")


def _milliseconds(value: str) -> str:
    local = local_time(value, parse("timestamptz"))
    return f"to_big_endian_64({seconds(local)} * 1000 + cast(substr(cast({local} AS varchar), 21, 3) AS bigint))"


def _uuid(value: str) -> str:
    return f"from_hex(replace({value}, '-', ''))"


_BYTES: Final[dict[tuple[str, str], Callable[[str], str]]] = {
    ("ascii", "string"): "to_utf8({})".format,
    ("text", "string"): "to_utf8({})".format,
    ("varchar", "string"): "to_utf8({})".format,
    ("blob", "binary"): "{}".format,
    ("uuid", "string"): _uuid,
    ("timeuuid", "string"): _uuid,
    ("tinyint", "int"): _last(2),
    ("smallint", "int"): _last(4),
    ("int", "int"): _last(8),
    ("bigint", "long"): _last(16),
    ("time", "long"): _last(16),
    ("float", "float"): "to_ieee754_32({})".format,
    ("double", "double"): "to_ieee754_64({})".format,
    ("boolean", "boolean"): "if({}, X'01', X'00')".format,
    ("date", "date"): _days,
    ("date", "long"): lambda value: _last(8)(f"{value} + 2147483648"),
    ("timestamp", "timestamptz"): _milliseconds,
    ("timestamp", "long"): _last(16),
}
"""By CQL type and lake type; of a varint's and an inet's bytes SQL knows too little."""


Layer: TypeAlias = "dict[str, str]"
"""Names of columns, and what each is made of in the layer before."""


def layers() -> list[Layer]:
    """Give the steps from `x`, a key in hexadecimal digits, to `token`; a step's columns replace those of their names.

    `w1` and `w2` are the words of whole blocks, `z1` and `z2` those of the tail, `g1` and `g2` its bytes' signs, `a`
    and `b` the hash, `n` the bytes of the key.
    """
    return [*_read(), *_tail(), *_mixed(), *_finished()]


def _read() -> list[Layer]:
    many = "bitwise_right_shift(length(x), 5)"  # blocks of 32 digits
    blocks = f"if({many} = 0, ARRAY[], sequence(0, {many} - 1))"
    return [
        {
            "n": "bitwise_right_shift(length(x), 1)",
            "y": f"rpad(substr(x, {many} * {_BLOCK} + 1), {_BLOCK}, '0')",
            "w1": f"transform({blocks}, i -> {_word('x', f'i * {_BLOCK} + 1')})",
            "w2": f"transform({blocks}, i -> {_word('x', f'i * {_BLOCK} + 17')})",
        },
        {"z1": _word("y", "1"), "z2": _word("y", "17")},
    ]


def _word(digits: str, at: str) -> str:
    """Read eight bytes as a word, the lowest first."""
    pairs = [f"substr({digits}, {at} + {2 * index}, 2)" for index in reversed(range(8))]
    return f"from_big_endian_64(from_hex(concat({', '.join(pairs)})))"


def _tail() -> list[Layer]:
    """Put the tail's bytes together as Cassandra does, each byte's sign on all that are above it.

    A byte is inverted where the bytes below it hold an odd number of signs: the sums of signs, without carry, are
    doubled up over the word, then each sum is spread over its byte.
    """
    return [
        _both("g", lambda lane: f"bitwise_left_shift(bitwise_and(z{lane}, {_SIGNS}), 1)"),
        *(_both("g", _shifted("xor", shift)) for shift in (8, 16, 32)),
        *(_both("g", _shifted("or", shift)) for shift in (1, 2, 4)),
        _both("z", lambda lane: f"bitwise_xor(z{lane}, g{lane})"),
    ]


def _both(name: str, made: Callable[[int], str]) -> Layer:
    return {f"{name}{lane}": made(lane) for lane in (1, 2)}


def _shifted(operation: str, shift: int) -> Callable[[int], str]:
    return lambda lane: f"bitwise_{operation}(g{lane}, bitwise_left_shift(g{lane}, {shift}))"


def _mixed() -> list[Layer]:
    """Mix words as murmur3 does: blocks one after the other, then the tail."""
    steps: list[Callable[[str, int], str]] = [
        lambda word, lane: _product(word, (C1, C2)[lane - 1]),
        lambda word, lane: _turned(word, (31, 33)[lane - 1]),
        lambda word, lane: _product(word, (C2, C1)[lane - 1]),
    ]
    found = [
        {f"w{lane}": f"transform(w{lane}, v -> {step('v', lane)})" for lane in (1, 2)}
        | {f"z{lane}": step(f"z{lane}", lane) for lane in (1, 2)}
        for step in steps
    ]
    one = _let("p", "bitwise_xor(s[1], w[1])", _scaled(_sum(_turned("p", 27), "s[2]"), _ADD1))
    two = _let("u", "bitwise_xor(s[2], w[2])", _scaled(_sum(_turned("u", 31), "q"), _ADD2))
    mixed = _let("q", one, f"ARRAY[q, {two}]")
    words = "zip_with(w1, w2, (i, j) -> ARRAY[i, j])"
    start = "ARRAY[cast(0 AS bigint), cast(0 AS bigint)]"
    return [*found, {"h": f"reduce({words}, {start}, (s, w) -> {mixed}, s -> s)"}]


def _finished() -> list[Layer]:
    folded: Layer = {lane: f"bitwise_xor({lane}, bitwise_right_shift({lane}, 33))" for lane in "ab"}
    return [
        {"a": "bitwise_xor(bitwise_xor(h[1], z1), n)", "b": "bitwise_xor(bitwise_xor(h[2], z2), n)"},
        {"a": _sum("a", "b")},
        {"b": _sum("a", "b")},
        folded,
        {lane: _product(lane, _MIX1) for lane in "ab"},
        folded,
        {lane: _product(lane, _MIX2) for lane in "ab"},
        folded,
        {"token": _sum("a", "b")},
        # the lowest number is the token of an empty key, and of no other
        {"token": f"if(n = 0, {-_LAST} - 1, if(token = {-_LAST} - 1, {_LAST}, token))"},
    ]


def _let(name: str, value: str, result: str) -> str:
    """Name a value within an expression: SQL knows no other way there than a lambda over an array of one."""
    return f"element_at(transform(ARRAY[{value}], {name} -> {result}), 1)"


def _turned(word: str, bits: int) -> str:
    return f"bitwise_or(bitwise_left_shift({word}, {bits}), bitwise_right_shift({word}, {64 - bits}))"


def _sum(left: str, right: str) -> str:
    return _wrapped(f"{_wide(left)} + {_wide(right)}")


def _scaled(word: str, more: int) -> str:
    return _wrapped(f"{_wide(word)} * 5 + {more}")


def _product(word: str, factor: int) -> str:
    """Multiply by the halves of a factor: no product is beyond 38 digits then, and of the upper one 32 bits count."""
    high, low = divmod(factor, _HALF)
    return _wrapped(f"{_wide(word)} * {low} + mod({_wide(word)} * {high}, {_HALF}) * {_HALF}")


def _wide(word: str) -> str:
    return f"cast({word} AS decimal(38, 0))"


def _wrapped(number: str) -> str:
    """Bring a number into the 64 bits of a signed word."""
    whole, half = _wide(f"'{1 << 64}'"), _wide(f"'{1 << 63}'")
    return f"cast(mod(mod({number}, {whole}) + {whole} + {half}, {whole}) - {half} AS bigint)"
