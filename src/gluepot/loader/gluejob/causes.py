"""Why a job run ended as it did: from its state, Glue's message and the ends of its logs; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gluepot.errors import ConfigError, DeniedError, EngineError, ErrorRecord, SourceError
from gluepot.text import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gluepot.errors import GluepotError

TIMEOUT: Final = "TIMEOUT"
STOPPED: Final = "STOPPED"
LONGEST: Final = 400
"""Characters of a cause that are told."""

AGAIN: Final = "run it again: what is staged is used"
_CATEGORY: Final = re.compile(r"^Error Category: [A-Z_]+; (?:Failed Line Number: \d+; )?")
_FRAME: Final = re.compile(r"^\s|^Traceback |^\s*File \"|^\s*at |^During handling|^The above exception")
_RAISED: Final = re.compile(r"^(?:[\w.]+\.)?(?P<kind>\w*(?:Error|Exception|Exit|Interrupt)): ?(?P<what>.*)$")
_OWN: Final = re.compile(r"^gluepot\.errors\.(?P<kind>\w+): ")
_HINT: Final = "hint: "
"""How `loader.entry` says gluepot's own errors in a log."""

_DENIED: Final = re.compile(
    r"(?:User: )?(?P<who>arn:\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<on>\S+))?"
)
_CALL: Final = re.compile(r"\((?P<code>AccessDenied\w*)\) when calling the (?P<call>\w+) operation")


@dataclass(frozen=True, slots=True)
class Known:
    """A cause that is known by its words.

    Args:
        words: What a line of the log holds.
        what: What happened.
        hint: What to do.
        kind: The error that tells it.
    """

    words: re.Pattern[str]
    what: str
    hint: str
    kind: type[GluepotError] = EngineError


def known(words: str, what: str, hint: str, kind: type[GluepotError] = EngineError) -> Known:
    """Describe a cause by its words, in whichever case they come."""
    return Known(re.compile(words, re.IGNORECASE), what, hint, kind)


KNOWN: Final = (
    known(
        r"Python Module Installer indicates|No matching distribution found for|Could not find a version that satisfies|"
        r"Retrying \(Retry.*after connection broken",
        "the job could not install its Python modules",
        "set glue.wheelhouse = true in the plan file, so that they come from S3 instead of a package index",
        ConfigError,
    ),
    known(
        r"should be given assume role permissions|Unable to assume (?:the )?(?:provided )?role|"
        r"not authorized to perform: sts:AssumeRole",
        "Glue may not run as the job's role",
        "gluepot aws apply makes the role, with the trust that it needs",
        ConfigError,
    ),
    known(
        r"Could not find (?:S3 endpoint|S3 endpoint or NAT gateway)|VPC S3 endpoint validation failed",
        "the job's subnet has no way to S3",
        "add an S3 gateway endpoint to its route table (and NAT for Astra), then run it again",
        ConfigError,
    ),
    known(
        r"number of IP addresses on subnet|does not have enough free (?:IP )?addresses",
        "the job's subnet has no free addresses",
        "name a larger subnet in [aws.network], or take fewer workers: glue.workers",
        ConfigError,
    ),
    known(
        r"Exceeded maximum concurrent compute capacity|max(?:imum)? DPU|concurrent capacity limit",
        "the account's DPUs are all in use",
        "wait for other jobs, take fewer workers (glue.workers), or raise the quota in Service Quotas (glue)",
    ),
    known(
        r"Resource unavailable|insufficient capacity|resources? (?:is|are) not available",
        "Glue had no machines for the job",
        "run it again later, or without glue.flex: spare capacity comes and goes",
    ),
    known(
        r"killed by YARN for exceeding memory|OutOfMemoryError|exit (?:code|status):? 137|Cannot allocate memory|"
        r"java heap space|MemoryError",
        "the job ran out of memory",
        "take larger workers, glue.worker_type = 'G.2X', or smaller ranges, limits.range_mb",
    ),
    known(
        r"No space left on device",
        "the job's machines ran out of disk",
        "take larger workers, glue.worker_type = 'G.2X', or smaller ranges, limits.range_mb",
    ),
    known(
        r"ResourceNotFoundException\) when calling the GetSecretValue|can't find the specified secret",
        "the job did not find its secret in Secrets Manager",
        "gluepot aws apply makes it, from the plan file's source",
        ConfigError,
    ),
    known(
        r"NoHostAvailable|Unable to connect to any servers|Connection refused|Name or service not known|"
        r"gaierror|timed out connecting",
        "the job did not reach the source",
        "name the VPC's subnet and security groups in [aws.network], and let these reach the source's port",
        SourceError,
    ),
    known(
        r"No module named '?(?:pyspark|gluepot)",
        "the job's Python lacks a module",
        "run gluepot load run again: it stages gluepot anew; glue.version must be 5.0 or 5.1",
    ),
)
"""Causes that users of Glue meet, by the words of their messages; the first that fits is told."""


def cause(state: str, message: str, lines: Sequence[str], minutes: int) -> GluepotError:
    """Tell why a run ended without success, as precisely as its log does.

    Args:
        state: The run's last state.
        message: Glue's message.
        lines: The ends of its logs, oldest first.
        minutes: Its timeout.
    """
    if state == STOPPED:
        return EngineError("the job was stopped", message, AGAIN)
    if state == TIMEOUT:
        hint = f"raise glue.timeout_minutes or glue.workers, then {AGAIN}"
        return EngineError(f"the job was stopped by Glue after {minutes:,} minutes", "that is its timeout", hint)
    short = _CATEGORY.sub("", message).strip()
    texts = [*lines, short]
    denied = _denied(texts)
    if denied is not None:
        return denied
    why = _last(lines) or short
    found = first(KNOWN, texts)
    if found is not None:
        return found
    return _raised(_cut(why) or f"it ended {state}, and its log says nothing", lines)


def first(causes: Sequence[Known], lines: Sequence[str]) -> GluepotError | None:
    """Tell the first of some causes whose words a line holds, with the last such line."""
    for candidate in causes:
        found = next((line for line in reversed(lines) if candidate.words.search(line)), "")
        if found:
            return candidate.kind(candidate.what, _cut(found), candidate.hint)
    return None


def _raised(why: str, lines: Sequence[str]) -> GluepotError:
    """Build the error of a job that failed: of the class and with the hint that gluepot itself said in its log."""
    own = _OWN.match(why)
    if own is None:
        return EngineError("the job failed", why, AGAIN)
    said = next((line for line in reversed(lines) if line.startswith(_HINT) or _OWN.match(line)), "")
    hint = said.removeprefix(_HINT) if said.startswith(_HINT) else AGAIN
    return ErrorRecord(kind=own["kind"], what="the job failed", why=why, hint=hint).error()


def _denied(lines: Sequence[str]) -> DeniedError | None:
    """Find what the role was not allowed."""
    for line in reversed(lines):
        found = _DENIED.search(line)
        if found and found["action"] != "sts:AssumeRole":
            on = (found["on"] or "*").rstrip(".,")
            hint = f"allow {found['action']} on {on} to the job's role; gluepot aws apply gives it what the plan needs"
            return DeniedError(
                f"the job's role may not {found['action']}",
                _cut(line),
                hint,
                code="AccessDenied",
                action=found["action"],
                resource=on,
            )
    return None


def _last(lines: Sequence[str]) -> str:
    """Find the last exception of a log: the first line behind its frames."""
    for line in reversed(lines):
        found = _RAISED.match(line.strip()) if not _FRAME.match(line) else None
        if found and found["what"] and found["kind"] != "SystemExit":
            return line.strip()
    return ""


def _cut(text: str) -> str:
    return shortened(text.strip(), LONGEST)
