"""The formats by name. To add one: a module, and a row here and in the contract test's fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.collector.extract.staging import Format
    from gluepot.config import Config


def _k(config: Config) -> Format:
    from gluepot.collector.extract.k import writer_of  # noqa: PLC0415 - loaded when asked for

    return writer_of(config.delimiter, guarded=config.guard_formulas)


def _jsonl(_: Config) -> Format:
    from gluepot.collector.extract.jsonl import JsonlFormat  # noqa: PLC0415 - loaded when asked for

    return JsonlFormat()


def _parquet(_: Config) -> Format:
    from gluepot.collector.extract.parquet import ParquetFormat  # noqa: PLC0415 - loaded when asked for: pyarrow is an extra

    return ParquetFormat()


AVAILABLE: dict[str, Callable[[Config], Format]] = {"k": _k, "jsonl": _jsonl, "parquet": _parquet}


def formats_of(config: Config) -> dict[str, Format]:
    """Make the writers of the formats that a configuration asks for.

    Raises:
        MissingExtraError: A format's library is not installed.
    """
    return {name: AVAILABLE[name](config) for name in config.formats}
