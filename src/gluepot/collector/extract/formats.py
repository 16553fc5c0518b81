"""The formats by name. To add one: a module, and a row here and in the contract test's fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluepot.collector.extract.staging import Format


def _k(delimiter: str) -> Format:
    from gluepot.collector.extract.k import KFormat  # noqa: PLC0415 - loaded when asked for

    return KFormat(delimiter)


def _jsonl(_: str) -> Format:
    from gluepot.collector.extract.jsonl import JsonlFormat  # noqa: PLC0415 - loaded when asked for

    return JsonlFormat()


def _parquet(_: str) -> Format:
    from gluepot.collector.extract.parquet import ParquetFormat  # noqa: PLC0415 - loaded when asked for: pyarrow is an extra

    return ParquetFormat()


AVAILABLE: dict[str, Callable[[str], Format]] = {"k": _k, "jsonl": _jsonl, "parquet": _parquet}


def formats_of(names: tuple[str, ...], delimiter: str) -> dict[str, Format]:
    """Make the writers of the formats asked for.

    Raises:
        MissingExtraError: A format's library is not installed.
    """
    return {name: AVAILABLE[name](delimiter) for name in names}
