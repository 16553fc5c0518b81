"""How the command line talks: data on stdout, everything else on stderr, nothing raw from a catalog, and no credential.

Foreign texts are redacted before they are laid out, while a secret is still in one piece, and every line once more as
it is printed. Rows that somebody asks for with SQL are data, and are printed as they are.

A closed pipe behind stdout or stderr is no failure: what the command did stays done, and its exit code too.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from typing import IO, TYPE_CHECKING, Any

from gluepot.cli import hiding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GAP = "  "
_WIDEST = 100
_BIDI = frozenset(map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Characters that change the order in which others are shown."""


def safe(text: object) -> str:
    """Hide credentials, and escape what a terminal would act on."""
    return visible(hiding.redacted(str(text)))


def visible(content: str) -> str:
    """Escape what a terminal would act on: control characters, reordering marks, lone surrogates."""
    if content.isprintable() and not _BIDI.intersection(content):
        return content
    return "".join(ch if (ch.isprintable() or ch == " ") and ch not in _BIDI else _escaped(ch) for ch in content)


def safe_lines(text: str) -> str:
    """Escape each line of a text whose line breaks are our own."""
    return "\n".join(safe(line) for line in text.split("\n"))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def data(text: str) -> None:
    """Print what was asked for, on stdout."""
    _write(sys.stdout, hiding.redacted(text))


def rows(text: str) -> None:
    """Print rows that were asked for with SQL, on stdout and as they are: they are data."""
    _write(sys.stdout, text)


def keys(text: str) -> None:
    """Print what opens a sandbox, on stdout and as it is: it is made up for a shell to read, and opens nothing else."""
    _write(sys.stdout, text)


def keys_json(value: Any) -> None:  # noqa: ANN401 - likewise
    """Print one JSON object that holds what opens a sandbox."""
    import msgspec  # noqa: PLC0415 - lazy: start-up

    _write(sys.stdout, msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def data_json(value: Any) -> None:  # noqa: ANN401 - whatever msgspec encodes
    """Print one JSON object on stdout."""
    import msgspec  # noqa: PLC0415 - lazy: start-up

    from gluepot.secret import mask_secrets  # noqa: PLC0415 - lazy: start-up

    plain = hiding.redacted_json(msgspec.to_builtins(value, enc_hook=mask_secrets, str_keys=True))
    _write(sys.stdout, msgspec.json.format(msgspec.json.encode(plain), indent=2).decode())


def tell(text: str) -> None:
    """Print anything else, on stderr."""
    _write(sys.stderr, hiding.redacted(text))


def answer(value: Any, text: str, *, as_json: bool) -> None:  # noqa: ANN401 - whatever msgspec encodes
    """Print what was asked for as it was asked for: as one JSON object, or as text."""
    if as_json:
        data_json(value)
    else:
        data(safe_lines(text))


def note(text: str) -> None:
    """Print a line on how something gets on, whatever names are in it."""
    tell(safe(text))


def warn(text: str) -> None:
    """Print a warning."""
    tell(wrapped(f"warning: {safe(text)}", sys.stderr, "  "))


def hint(text: str) -> None:
    """Print what to do next, on a line of its own."""
    tell(wrapped(f"next: {safe(text)}", sys.stderr, "  "))


def _write(stream: IO[str] | None, text: str) -> None:
    if stream is None:  # closed before this process began
        return
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except UnicodeEncodeError:
        stream.write(text.encode("ascii", "backslashreplace").decode() + "\n")
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError as error:
        _silence(stream)
        if stream is sys.stdout:
            from gluepot.errors import OutputError  # noqa: PLC0415 - lazy: start-up

            hint = "the command itself went through; print it somewhere else"
            raise OutputError("the answer could not be printed", error.strerror or str(error), hint) from error


def _silence(stream: IO[str]) -> None:
    """Let what Python flushes at its end go nowhere: it would fail once more."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted, not a path
        os.dup2(nowhere.fileno(), stream.fileno())


def width(stream: IO[str] | None) -> int:
    """Say how many columns a terminal has; 0 for a file or a pipe, where lines stay whole."""
    return min(shutil.get_terminal_size((80, 24)).columns, _WIDEST) if stream and stream.isatty() else 0


def bold(text: str, stream: IO[str] | None = None) -> str:
    """Make a heading bold on a terminal that can, unless `NO_COLOR` is set (no-color.org)."""
    stream = stream or sys.stdout
    plain = not (stream and stream.isatty()) or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain else f"\x1b[1m{text}\x1b[0m"


def wrapped(text: str, stream: IO[str] | None, indent: str = "", first: str = "", *, whole: bool = True) -> str:
    """Wrap one paragraph to the terminal, later lines with an indent; long words stay whole, for copying."""
    columns = width(stream)
    if not columns:
        return first + text
    lines = textwrap.wrap(
        text,
        columns - 1,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=not whole,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def facts(pairs: Iterable[tuple[str, object]], indent: str = "") -> str:
    """Lay out names and values, the values below each other; empty ones are left out, and long paths are broken."""
    kept = [(name, safe(value)) for name, value in pairs if value not in (None, "")]
    column = max((len(name) for name, _ in kept), default=0)
    hanging = " " * (len(indent) + column + len(_GAP))
    return "\n".join(
        wrapped(value, sys.stdout, hanging, f"{indent}{name.ljust(column)}{_GAP}", whole=not value.startswith("/"))
        for name, value in kept
    )


def table(rows: Sequence[Sequence[object]], right: frozenset[int] = frozenset(), indent: str = "") -> str:
    """Lay out rows in columns; those in `right` are aligned to the right, the last one is wrapped."""
    cells = [[safe(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    lines = []
    for row in cells:
        last = len(row) - 1
        fixed = [
            cell.rjust(widths[at]) if at in right else cell.ljust(widths[at])
            for at, cell in enumerate(row)
            if at < last or at in right
        ]
        before = indent + _GAP.join(fixed)
        if last in right:
            lines.append(before.rstrip())
            continue
        hanging = " " * (len(before) + len(_GAP))
        lines.append(wrapped(row[last], sys.stdout, hanging, before + _GAP).rstrip() if row[last] else before.rstrip())
    return "\n".join(lines)
