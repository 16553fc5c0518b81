"""Read a configuration: a JSON, TOML or YAML file, or a mapping."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from gluepot.config.build import build
from gluepot.config.check import check
from gluepot.config.model import Config
from gluepot.config.parse import parse
from gluepot.config.reading import Reading, shown
from gluepot.errors import ConfigError
from gluepot.host import capped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

S = TypeVar("S", bound=msgspec.Struct)


def load(path: Path | str, *, environ: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file; the suffix says whether it is JSON, TOML or YAML.

    Args:
        path: The file, for example a KADA collector's `kada_glue_extractor_config.json`.
        environ: Where `env:` references are looked up when a secret is used; `os.environ` when not given.

    Raises:
        ConfigError: The file cannot be read, or something in it is wrong; all problems are named at once.
    """
    text = read_text(Path(path))
    return checked(Config, check, parse(Path(path), text), Reading(str(path), text, environ))


def load_plain(path: Path | str) -> dict[str, Any]:
    """Read a configuration file as the plain mapping it holds, unchecked, secrets unresolved.

    Raises:
        ConfigError: The file cannot be read or parsed.
    """
    return parse(Path(path), read_text(Path(path)))


def from_mapping(mapping: Mapping[str, Any], source: str = "arguments") -> Config:
    """Check a configuration that is a mapping already.

    Args:
        mapping: The keys as a file spells them; paths and tuples are welcome where a file has text and lists.
        source: What the mapping is, for messages.

    Raises:
        ConfigError: Something in it is wrong; all problems are named at once.
    """
    plain = {key: os.fspath(value) if isinstance(value, os.PathLike) else value for key, value in mapping.items()}
    return checked(Config, check, plain, Reading(source))


def checked(kind: type[S], check_it: Callable[[S, Reading], None], mapping: Mapping[Any, Any], reading: Reading) -> S:
    """Build what a file holds, and check it.

    Args:
        kind: What it holds.
        check_it: Notes what types cannot say.
        mapping: The keys as the file spells them.
        reading: Takes what is wrong.

    Raises:
        ConfigError: Something is; all problems are named at once.
    """
    made = build(kind, mapping, reading)
    check_it(made, reading)
    reading.raise_if_any()
    return made


def read_text(path: Path, starter: str = "gluepot init") -> str:
    """Read a configuration file's text.

    Args:
        path: The file.
        starter: The command that writes such a file.

    Raises:
        ConfigError: It is missing, not a file, not readable, or not UTF-8.
    """
    try:
        return capped.read(path, capped.SETTINGS).decode("utf-8-sig")
    except FileNotFoundError:
        hint = f"name the file with -c FILE, or write one with: {starter}"
        raise ConfigError(f"there is no configuration file {path}", hint=hint) from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a directory", "a configuration is one file", f"name a file in {path}") from None
    except UnicodeDecodeError as error:
        # the error object carries the file's content, secrets included: it is not chained
        why = f"byte {error.start} is not UTF-8"
        raise ConfigError(f"cannot read {path}", why, "save the file as UTF-8") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"cannot read {shown(str(path))}", why, "give this user permission to read it") from None
