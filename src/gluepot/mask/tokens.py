"""SQL text cut, without loss, into words, literals, and the gaps between them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlglot.tokens import Tokenizer

DIALECTS = ("trino", "presto", "athena", "spark", "hive", "redshift")

_KINDS = {
    **dict.fromkeys(("STRING", "BIT_STRING", "HEX_STRING", "BYTE_STRING", "NATIONAL_STRING"), "string"),
    **dict.fromkeys(("NATIONAL_RAW_STRING", "RAW_STRING", "HEREDOC_STRING", "UNICODE_STRING"), "string"),
    "NUMBER": "number",
    "IDENTIFIER": "quoted",
    "HINT": "gap",
}
_PREFIXES = frozenset(("X", "B", "E", "R", "N", "U"))
_SIZED_TYPES = frozenset(
    (
        *("DECIMAL", "NUMERIC", "DEC", "NUMBER", "FLOAT", "BIT", "BINARY", "VARBINARY", "VARBYTE", "VARYING"),
        *("CHAR", "CHARACTER", "NCHAR", "BPCHAR", "VARCHAR", "NVARCHAR"),
        *("TIMESTAMP", "TIMESTAMPTZ", "TIME", "TIMETZ", "DATETIME"),
    )
)
_COUNTS = re.compile(r"(?:\A| )(?:LIMIT|OFFSET|TOP|FETCH (?:FIRST|NEXT)|LIMIT \d+ ,)\Z")
_SIZES = re.compile(r"\( (?:\d{1,5}|MAX)(?: , -? ?\d{1,5})? \)")
_DOLLARS = re.compile(r"\$(?:[A-Za-z_]\w*)?\$")


class Piece(NamedTuple):
    """A stretch of the text; `kind` is gap (white space, comments), word, quoted (an identifier), string or number."""

    kind: str
    text: str


class _Span(NamedTuple):
    start: int
    end: int
    kind: str


def pieces_of(sql: str, dialect: str) -> list[Piece] | None:
    """Cut the text into pieces that join to it again; None where it cannot be tokenised.

    Raises:
        ValueError: The dialect is none of `DIALECTS`.
    """
    from sqlglot.errors import TokenError  # noqa: PLC0415 - lazy: start-up

    name = dialect.lower()
    if name not in DIALECTS:
        raise ValueError(f"unknown SQL dialect {dialect!r}: choose one of {', '.join(DIALECTS)}")
    try:
        engine = _athena_engine(sql) if name == "athena" else name
        tokens = _tokenizer(engine).tokenize(sql)
    except TokenError:
        return None
    spans = [_Span(token.start, token.end + 1, _kind(sql[token.start], token.token_type.name)) for token in tokens]
    return _with_gaps(sql, _join(sql, _keep_counts(sql, _bodies(sql, _distinct(spans)))))


def _kind(first: str, token_type: str) -> str:
    kind = _KINDS.get(token_type, "word")
    return "number" if kind == "string" and first.isdigit() else kind  # `0xFF` comes as a hex string


def _athena_engine(sql: str) -> str:
    """Tell who reads a statement: Athena gives DDL to Hive and all else to Trino, and sqlglot knows which.

    https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html
    """
    from sqlglot.dialects import Athena  # noqa: PLC0415 - lazy: start-up
    from sqlglot.tokenizer_core import TokenType  # noqa: PLC0415 - lazy: start-up

    first = next(iter(Athena().tokenize(sql)), None)
    return "hive" if first is not None and first.token_type is TokenType.HIVE_TOKEN_STREAM else "trino"


@lru_cache
def _tokenizer(dialect: str) -> Tokenizer:
    """Build the dialect's tokenizer; statements it swallows whole (CALL, EXPLAIN, SHOW) are cut into tokens too."""
    from sqlglot.dialects.dialect import Dialect  # noqa: PLC0415 - lazy: start-up

    chosen = Dialect.get_or_raise(dialect)
    whole: type[Tokenizer] = type("Whole", (chosen.tokenizer_class,), {"COMMANDS": frozenset()})
    return whole(dialect=chosen)


def _distinct(spans: list[_Span]) -> list[_Span]:
    """Keep the first of several tokens on one span: Hive's `10L` comes as a number, `::` and `BIGINT`."""
    return [span for i, span in enumerate(spans) if i == 0 or span.start >= spans[i - 1].end]


def _bodies(sql: str, spans: list[_Span]) -> list[_Span]:
    """Make one string of what stands between `$$` and `$$`, which only some dialects know as one."""
    kept: list[_Span] = []
    for span in spans:
        if kept and span.start < kept[-1].end:
            continue
        opening = _DOLLARS.match(sql, span.start) if span.kind == "word" else None
        closing = sql.find(opening[0], opening.end()) if opening else -1
        kept.append(span if opening is None or closing < 0 else _Span(span.start, closing + len(opening[0]), "string"))
    return kept


def _keep_counts(sql: str, spans: list[_Span]) -> list[_Span]:
    """Turn numbers that are no data, those of types and of LIMIT and its kin, into words."""
    words = [sql[span.start : span.end].upper() for span in spans]
    kept = list(spans)
    for i, span in enumerate(spans):
        if span.kind == "number" and _COUNTS.search(" ".join(words[max(0, i - 3) : i])):
            kept[i] = span._replace(kind="word")
        if span.kind == "word" and words[i].split()[-1:] and words[i].split()[-1] in _SIZED_TYPES:
            sizes = _SIZES.match(" ".join(words[i + 1 : i + 7]))
            for j in range(i + 1, i + 1 + (len(sizes[0].split()) if sizes else 0)):
                kept[j] = spans[j]._replace(kind="word")
    return kept


def _join(sql: str, spans: list[_Span]) -> list[_Span]:
    """Join to each literal what belongs to it: `X'..'`, `U&'..'`, `.5`, `10L`, `1_000`."""
    joined: list[_Span] = []
    for span in spans:
        if _ends_number(sql, joined, span):
            joined[-1] = joined[-1]._replace(end=span.end)
            continue
        taken = _belonging(sql, joined, span)
        start = joined[-taken].start if taken else span.start
        del joined[len(joined) - taken :]
        joined.append(span._replace(start=start))
    return joined


def _ends_number(sql: str, spans: list[_Span], span: _Span) -> bool:
    if not spans or spans[-1].kind != "number" or spans[-1].end != span.start or span.kind not in {"word", "number"}:
        return False
    return sql[span.start] in "._" or sql[span.start].isalnum()


def _belonging(sql: str, spans: list[_Span], literal: _Span) -> int:
    """Count the spans before a literal that are a part of it."""
    touching: list[str] = []
    start = literal.start
    for span in spans[:-3:-1]:
        if span.end != start:
            break
        touching.append(sql[span.start : span.end].upper() if span.kind == "word" else "literal")
        start = span.start
    last, before = (*touching, "", "")[:2]
    if literal.kind == "string":
        return 2 if (last, before) == ("&", "U") else int(last in _PREFIXES)
    # `t.5` and `)[1].5` are paths, not numbers
    return int(
        literal.kind == "number" and last == "." and not (before[-1:].isalnum() or before[-1:] in {"`", "]", ")"})
    )


def _with_gaps(sql: str, spans: list[_Span]) -> list[Piece]:
    pieces: list[Piece] = []
    end = 0
    for span in spans:
        if span.start > end:
            pieces.append(Piece("gap", sql[end : span.start]))
        pieces.append(Piece(span.kind, sql[span.start : span.end]))
        end = span.end
    return [*pieces, Piece("gap", sql[end:])]
