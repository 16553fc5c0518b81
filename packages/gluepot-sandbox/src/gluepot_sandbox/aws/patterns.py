"""Patterns of botocore's models, which are Java's, as Python's."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from itertools import groupby

_SURROGATES = "\\uD800\\uDC00-\\uDBFF\\uDFFF"
"""How the models write every character beyond U+FFFF: as UTF-16 has them."""

_BEYOND = "\\U00010000-\\U0010FFFF"
_CATEGORY = re.compile(r"\\p\{(\w+)\}")
_LITERAL_HYPHEN = re.compile(r"(\\[wds])-(?=[^\]])")


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a model."""
    plain = pattern.replace(_SURROGATES, _BEYOND)
    plain = _CATEGORY.sub(lambda found: _category(found[1]), plain)
    return re.compile(_LITERAL_HYPHEN.sub(r"\1\\-", plain))


@functools.cache
def _category(name: str) -> str:
    """Give the characters of a category of Unicode, as ranges that stand in a class."""
    codes = (code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith(name))
    runs = [[code for _, code in run] for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0])]
    return "".join(f"\\U{run[0]:08x}-\\U{run[-1]:08x}" for run in runs)
