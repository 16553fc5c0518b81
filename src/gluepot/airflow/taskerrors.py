"""From gluepot's errors to Airflow's: what a retry can mend is retried, what only people can mend is not."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gluepot.errors import (
    ConfigError,
    DeniedError,
    EngineError,
    ErrorRecord,
    FidelityError,
    GluepotError,
    MissingExtraError,
    StateError,
)
from gluepot.mask.credentials import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FINAL: Final = (ConfigError, DeniedError, FidelityError, MissingExtraError, StateError)
"""Errors that come again however often a task is tried."""


@contextlib.contextmanager
def task_errors() -> Iterator[None]:
    """Turn a `GluepotError` into an Airflow exception that says what happened, why, and what to do.

    Raises:
        AirflowFailException: A retry would change nothing: the task fails at once.
        AirflowException: The task is retried, as often as it says.
    """
    try:
        yield
    except GluepotError as error:
        from airflow.sdk.exceptions import AirflowException, AirflowFailException  # noqa: PLC0415 - slow to load

        kind = AirflowFailException if isinstance(error, FINAL) else AirflowException
        raise kind(Redactor().redact(message_of(error))) from None


def event_of(error: GluepotError) -> dict[str, Any]:
    """Build the event of a trigger that could not ask."""
    return {"error": msgspec.to_builtins(ErrorRecord.of(error, Redactor().redact))}


def check_event(event: Mapping[str, Any]) -> None:
    """Refuse the event of a trigger that could not ask.

    Raises:
        GluepotError: What kept it from asking.
    """
    error = event.get("error")
    if isinstance(error, str):  # of a triggerer that runs an earlier gluepot
        raise EngineError(error)
    if error is not None:
        raise msgspec.convert(error, ErrorRecord).error()


def message_of(error: GluepotError) -> str:
    """Write an error's three parts as one text."""
    return f"{error}\n  {error.hint}" if error.hint else str(error)
