"""Why a job of the JDBC route failed, by the words that its driver, Spark and Glue put into its log. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gluepot.errors import ConfigError, EngineError, SourceError
from gluepot.loader.gluejob.causes import AGAIN, STOPPED, TIMEOUT, cause, first, known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.errors import GluepotError
    from gluepot.loader.gluejob.causes import Known

NATIVE: Final = "this route cannot help it (gluepot explain jdbc): leave route out, and gluepot's own reader reads it"


def _known(words: str, what: str, hint: str, kind: type[GluepotError] = ConfigError) -> Known:
    return known(words, what, hint, kind)


KNOWN: Final = (
    _known(
        r"ClassNotFoundException: \S*driver|No suitable driver|Unable to load driver",
        "the jar does not hold the driver's class",
        "set driver_class in section [jdbc] to the class that this jar holds, then gluepot aws apply",
    ),
    _known(
        r"UnsupportedClassVersionError|compiled by a more recent version of the Java Runtime",
        "the jar was built for a newer Java than the job has",
        "take the jar's build for Java 17 or older: Glue 5.0 and 5.1 run Java 17",
    ),
    _known(
        r"SyntaxError: line \d|no viable alternative at input|SQLSyntaxErrorException|mismatched input .* expecting",
        "Spark sent a statement that is no CQL",
        NATIVE,
        EngineError,
    ),
    _known(
        r"AuthenticationException|Provided username .* incorrect|INVALID_TOKEN|401 Unauthorized|not authenticated",
        "the source refused the user and password of the secret",
        "put the right ones into the plan file's source, then gluepot aws apply stores them",
    ),
    _known(
        r"api\.astra\.datastax\.com|AstraDBClient|UnknownHostException|secure connect bundle",
        "the driver did not reach Astra's API, from which it fetches its bundle",
        "give the job's subnet a way out (NAT), or leave section [aws.network] out",
        SourceError,
    ),
    _known(
        r"Connection \S+ (?:not found|does not exist)|EntityNotFoundException.*connection",
        "the job did not find its connection or connector",
        "gluepot aws apply makes them",
    ),
    _known(
        r"DriverTimeoutException|ReadTimeoutException|AllNodesFailedException|Query timed out",
        "the source did not answer one long read in time",
        NATIVE,
        SourceError,
    ),
)
"""Causes that this route meets, the first that fits is told; what every job may meet is in `causes.py`."""


def jdbc_cause(state: str, message: str, lines: Sequence[str], minutes: int) -> GluepotError:
    """Tell why a run ended without success.

    Args:
        state: The run's last state.
        message: Glue's message.
        lines: The ends of its logs, oldest first.
        minutes: Its timeout.
    """
    if state not in {STOPPED, TIMEOUT}:
        found = first(KNOWN, [*lines, message])
        if found is not None:
            return found
    found_by_all = cause(state, message, lines, minutes)
    found_by_all.hint = found_by_all.hint.replace(AGAIN, TWICE)
    return found_by_all


TWICE: Final = "empty the table before you run it again: on this route rows that were written stay, and come twice"
