"""Literals in SQL text, replaced in place: what a query says stays readable, what it says it about does not.

The text is never parsed and printed again (that would turn `decimal(10,2)` into `decimal(0, 0)`): the spans of its
tokens are replaced in the original text, and all else stays to the letter.

- A string literal becomes `'***'` and a number `0`, which keeps the text valid SQL; so does what stands behind DATE,
  TIMESTAMP and INTERVAL. Prefixes and suffixes (`X'..'`, `U&'..'`, `10L`) go with their literal, a sign stays.
- Numbers stay in the parentheses of a type (`decimal(10,2)`), and after LIMIT, OFFSET, TOP and FETCH FIRST. What a
  function named like a type holds (`char(65)`) cannot be told from a type and stays too.
- Comments cannot be tokenised, and people leave values in them: their quoted strings and digits are replaced too.
- Text that cannot be tokenised is withheld whole.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gluepot.mask.tokens import DIALECTS, pieces_of

if TYPE_CHECKING:
    from gluepot.mask.tokens import Piece

__all__ = ["DIALECTS", "WITHHELD", "Masked", "fingerprint", "mask_literals"]


WITHHELD = "/* withheld: cannot be tokenised */"
STRING, NUMBER = "'***'", "0"

# Never across the end of a line or of a comment, whose shape must stay; the apostrophe of `it's` opens nothing.
_IN_COMMENT = re.compile(r"(?<![A-Za-z]{2})'(?:(?!\*/|/\*|--)[^'\n\r])*+'|\"(?:(?!\*/|/\*|--)[^\"\n\r])*+\"|(\d+)")


@dataclass(frozen=True, slots=True)
class Masked:
    """SQL text without its literals.

    Args:
        text: The text, or a comment that says it was withheld.
        count: How many literals were replaced; 1 for a text that was withheld.
        withheld: Whether the text could not be tokenised.
    """

    text: str
    count: int
    withheld: bool = False


def mask_literals(sql: str, dialect: str = "trino") -> Masked:
    """Replace the literals of SQL text.

    Args:
        sql: One or more statements.
        dialect: One of `DIALECTS`; in spark and hive a double-quoted token is a string.

    Raises:
        ValueError: The dialect is none of `DIALECTS`.
    """
    pieces = pieces_of(sql, dialect)
    if pieces is None:
        return Masked(sql if sql == WITHHELD else WITHHELD, 1, withheld=True)
    masked = [_mask(piece) for piece in pieces]
    return Masked("".join(masked), sum(new != old.text for new, old in zip(masked, pieces, strict=True)))


def fingerprint(sql: str, dialect: str = "trino") -> str:
    """Return a stable hash (32 hex digits) of what a query does, whatever its literals.

    Texts have the same fingerprint that differ only in literals, in how many of them a list holds, in comments, in
    white space, and in case outside quotes.

    Raises:
        ValueError: The dialect is none of `DIALECTS`.
    """
    pieces = pieces_of(sql, dialect)
    if pieces is None:
        return hashlib.sha256(f"withheld\0{sql}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    shape: list[str] = []
    for word in (_fold(piece) for piece in pieces if piece.kind != "gap"):
        if word == "?" and shape[-2:] == ["?", ","]:
            shape.pop()
        else:
            shape.append(word)
    return hashlib.sha256("\0".join(shape).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _mask(piece: Piece) -> str:
    if piece.kind == "string":
        return STRING
    if piece.kind == "number":
        return NUMBER
    if piece.kind == "gap":
        return _IN_COMMENT.sub(lambda match: NUMBER if match[1] else STRING, piece.text)
    return piece.text


def _fold(piece: Piece) -> str:
    if piece.kind in {"string", "number"}:
        return "?"
    return piece.text if piece.kind == "quoted" else piece.text.upper()
