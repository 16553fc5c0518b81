"""Files that a command writes for somebody to edit: new ones only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gluepot.cli import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gluepot.config.starterfile import Style


def start(path: Path, style: Style, example: Callable[[Style], str], following: str, *, as_json: bool) -> int:
    """Write a commented file to begin with; `-` prints it.

    Args:
        path: Where to.
        style: In which language.
        example: Writes its text in a language.
        following: The command that reads it.
        as_json: Whether to answer as JSON.

    Raises:
        ConfigError: It is there.
        OutputError: It cannot be written.
    """
    text = example(style)
    if str(path) == "-":
        say.answer({"style": style, "text": text}, text.rstrip("\n"), as_json=as_json)
        return 0
    _create(path, text)
    say.answer({"file": str(path), "style": style}, f"wrote {path}", as_json=as_json)
    say.hint(f"edit it, then: {following} -c {path}")
    return 0


def _create(path: Path, text: str) -> None:
    from gluepot.errors import ConfigError, OutputError  # noqa: PLC0415 - lazy: start-up

    hint = "name another with -o FILE"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} is there already", "it is never overwritten", hint) from None
    except OSError as error:
        raise OutputError(f"cannot write {path}", error.strerror or str(error), hint) from error
