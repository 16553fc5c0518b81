"""Measure redaction on both sides, over the texts in tests/mask/corpus: `make docs` writes docs/reference/redaction.md.

`tests/mask/test_mask_corpus.py` holds that nothing harmless is damaged and no secret missed, and that the page is true.
"""

from __future__ import annotations

import base64
import json
import random
import re
import string
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from gluepot.mask.credentials import Redactor
from gluepot.mask.encodings import base64_texts, views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT: Final = Path(__file__).parents[1]
CORPUS: Final = ROOT / "tests" / "mask" / "corpus"
PAGE: Final = ROOT / "docs" / "reference" / "redaction.md"
HEAD: Final = """\
# Redaction, measured

<!-- written by `make docs`; change tests/mask/corpus or the code, not this page -->

What [redaction](../guides/masking.md) leaves alone, and what it finds, counted over the texts in `tests/mask/corpus`.
The tests run the same texts, and hold this page to them.
"""


class Text(NamedTuple):
    """A text that holds no secret; `dialect` is that of SQL, or None for any other text."""

    group: str
    text: str
    dialect: str | None


class Shape(NamedTuple):
    """A text that holds secrets, and these."""

    group: str
    text: str
    secrets: tuple[str, ...]


def b64(text: str) -> str:
    """Encode text in base64."""
    return base64.b64encode(text.encode()).decode()


def presto_view(sql: str) -> str:
    """Write a view as Athena, Presto and Trino do."""
    return f"/* Presto View: {b64(json.dumps({'originalSql': sql, 'catalog': 'c', 'schema': 's'}))} */"


def _literal(text: str) -> str:
    return "SELECT '" + text.replace("'", "''") + "' AS x FROM t"  # noqa: S608 - nobody runs it


WRAPPINGS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": lambda text: text,
    "in JSON": lambda text: json.dumps({"note": text}),
    "in JSON in JSON": lambda text: json.dumps({"note": json.dumps({"note": text})}),
    "percent-encoded": lambda text: quote(text, safe=""),
    "base64": b64,
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 of JSON": lambda text: b64(json.dumps({"note": text})),
    "in a literal of SQL": _literal,
    "in a comment of SQL": lambda text: f"SELECT x /* {text.replace('*/', '')} */ FROM t",  # noqa: S608 - nobody runs it
    "in an encoded view": lambda text: presto_view(_literal(text)),
    "between semicolons": lambda text: f"a; {text} ; b",
    "between bars": lambda text: f"|{text}|",
    "in parentheses": lambda text: f"({text})",
    "after a sentence": lambda text: f"loaded nightly, see {text}",
}
WAYS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": lambda text: text,
    "in JSON": lambda text: json.dumps({"note": text}),
    "in an encoded view": presto_view,
    "after a sentence": lambda text: f"loaded nightly, see {text}",
}
_B62 = string.ascii_letters + string.digits
_ALPHABETS = {
    "b62": _B62,
    "hex": "0123456789abcdef",
    "b32": string.ascii_uppercase + "234567",
    "b64": _B62 + "+/",
    "url": _B62 + "-_",
    "alpha": string.ascii_letters,
    "digits": string.digits,
}
_WORDS = ("swordfish", "opensesame", "tr0ub4dor", "hunter2hunter2", "correcthorse", "gandalfthegrey")
_INVENTED = re.compile("«(\\w+)(?::(\\d+))?»")
_DIALECTS = {"trino", "spark", "hive", "redshift"}


def harmless() -> Iterator[Text]:
    """Read the texts that hold no secret."""
    for name in ("harmless-text.txt", "harmless-sql.txt"):
        sql = "sql" in name
        for group, text in _entries(CORPUS / name, "\n\n" if sql else "\n"):
            word = re.split(r"\W", group)[0]
            yield Text(group, text, (word if word in _DIALECTS else "") if sql else None)


def shapes(seed: int = 0) -> Iterator[Shape]:
    """Read the shapes of secrets, and invent a secret for each place that holds one."""
    invent = random.Random(seed)  # noqa: S311 - invented secrets, the same each time
    for group, line in _entries(CORPUS / "secrets.txt", "\n"):
        secrets: list[str] = []

        def one(match: re.Match[str], secrets: list[str] = secrets) -> str:
            secrets.append(_invented(invent, match[1], int(match[2] or 0)))
            return secrets[-1]

        text = _INVENTED.sub(one, line)
        yield Shape(group, text if line.startswith("{") else text.replace("\\n", "\n"), tuple(secrets))


def _entries(path: Path, between: str) -> Iterator[tuple[str, str]]:
    group = ""
    for entry in path.read_text(encoding="utf-8").split(between):
        text = entry.strip("\n")
        if text.startswith("## "):
            group, _, text = text.removeprefix("## ").partition("\n")
        if text:
            yield group, text


def _invented(invent: random.Random, kind: str, size: int) -> str:
    if kind == "word":
        return invent.choice(_WORDS) + invent.choice(["", "7", "77"])
    if kind == "pw":
        letters = "".join(invent.choices(string.ascii_letters, k=8))
        return letters[:4] + invent.choice(string.digits) + letters[4:] + invent.choice(["", "!", "#7", "$x"])
    return "".join(invent.choices(_ALPHABETS[kind], k=size))


def decodings(text: str) -> list[str]:
    """Undo every encoding, as somebody would who looks for secrets."""
    found, fresh = [text], [text]
    for _ in range(4):
        fresh = [v.text for t in fresh for v in views(t)] + [e.text for t in fresh for e in base64_texts(t)]
        found += fresh
    return found


@cache
def damaged(text: Text) -> tuple[str, ...]:
    """Name the ways in which a harmless text does not stay to the letter."""
    lost = [way for way, wrap in WAYS.items() if Redactor().redact(wrap(text.text)) != wrap(text.text)]
    if text.dialect is not None and Redactor().redact_sql(text.text, text.dialect) != text.text:
        lost.append("as SQL")
    return tuple(lost)


@cache
def missed(shape: Shape) -> tuple[str, ...]:
    """Name the wrappings in which a secret stays."""
    lost = []
    for name, wrap in WRAPPINGS.items():
        seen = decodings(Redactor().redact(wrap(shape.text)))
        if any(secret in text for secret in shape.secrets for text in seen):
            lost.append(name)
    return tuple(lost)


def page() -> str:
    """Write the page."""
    left = [(text.group, len(WAYS) + (text.dialect is not None), len(damaged(text))) for text in harmless()]
    found = [(shape.group, len(WRAPPINGS), len(missed(shape))) for shape in shapes()]
    return "\n".join(
        (
            HEAD,
            "## What holds no secret\n",
            f"Each text is looked at {', '.join(WAYS)}, and SQL also as what it is.\n",
            *_table("text", "damaged", left),
            "\n## What is a secret\n",
            f"Each shape is filled with invented secrets, and looked at {', '.join(WRAPPINGS)}.\n",
            *_table("shape", "missed", found),
            "",
        )
    )


def _table(what: str, bad: str, rows: Iterable[tuple[str, int, int]]) -> Iterator[str]:
    yield f"| {what}s | number | looked at | {bad} |"
    yield "|---|---|---|---|"
    rows = list(rows)
    for group in dict.fromkeys(group for group, _, _ in rows):
        yield _row(group, [row for row in rows if row[0] == group])
    yield _row("**all**", rows)


def _row(name: str, rows: list[tuple[str, int, int]]) -> str:
    return f"| {name} | {len(rows):,} | {sum(row[1] for row in rows):,} | {sum(row[2] for row in rows):,} |"


def main() -> None:
    """Write the page where it stands."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
