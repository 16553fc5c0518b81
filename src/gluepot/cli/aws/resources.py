"""How resources in AWS are shown: what a plan would do to each, with what differs, and what became of it."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from gluepot.cli import say
from gluepot.cli.faults import as_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gluepot.errors import GluepotError
    from gluepot.provision.applying import Done
    from gluepot.provision.changes import Action, Change

MARKS: dict[Action, str] = {
    "create": "+",
    "update": "~",
    "finish": "~",
    "remove": "-",
    "drift": "!",
    "conflict": "x",
    "unknown": "?",
    "leave": "=",
}

WORDS: dict[Action, str] = {
    "create": "to create",
    "update": "to change",
    "finish": "to finish",
    "remove": "to remove",
    "drift": "changed by hand",
    "conflict": "in conflict",
    "unknown": "not readable",
    "leave": "as wanted",
}


def show_changes(changes: Sequence[Change]) -> None:
    """Print what a plan would do: a line for each resource, below it what differs; at last the counts."""
    for change in changes:
        say.data("\n".join(_change(change)))
    say.data(counted(changes))


def counted(changes: Iterable[Change]) -> str:
    """Count a plan's actions."""
    counts = Counter(one.action for one in changes)
    return ", ".join(f"{counts[action]} {word}" for action, word in WORDS.items() if counts[action])


def _change(change: Change) -> Iterator[str]:
    why = f" ({change.why})" if change.why else ""
    yield say.safe(f"{MARKS[change.action]} {change.action:8} {change.resource}{why}")
    for one in change.diff:
        if change.action == "create":
            yield from _leaves(one.path, one.after)
        else:
            yield _line(f"{one.path}: {_told(one.before)} -> {_told(one.after)}")


def _leaves(path: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - plain data
    """Write what is created, a line for each value; statements of a policy by their `Sid`."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}", inner)
    elif isinstance(value, list | tuple) and value and all(isinstance(one, dict) and "Sid" in one for one in value):
        for one in value:
            yield from _leaves(f"{path}.{one['Sid']}", {key: inner for key, inner in one.items() if key != "Sid"})
    elif value not in ("", [], {}, None):
        yield _line(f"{path}: {_told(value)}")


def _line(text: str) -> str:
    return say.wrapped(say.safe(text), sys.stdout, "        ", "    ")


def _told(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple) and value and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return value if isinstance(value, str) and value else json.dumps(value, default=dict)


def changes_answer(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Give a plan's changes as JSON holds them."""
    return [
        {
            "action": one.action,
            "kind": one.resource.kind,
            "name": one.resource.name,
            "why": one.why,
            "wanted": one.resource.wanted,
            "diff": [dataclasses.asdict(difference) for difference in one.diff],
            "error": as_record(one.error),
        }
        for one in changes
    ]


def tell_done(done: Done, *, as_json: bool = False) -> None:
    """Say what became of a resource as soon as it is done: on stdout, where that is not JSON."""
    why = f" ({done.why})" if done.why else ""
    (say.tell if as_json else say.data)(say.safe(f"{done.outcome:8} {done.resource}{why}"))
    if done.error is not None:
        _warn(done.error)


def warned(changes: Iterable[Change]) -> int:
    """Warn of what stands in a plan's way; gives the worst exit code."""
    wrong = [one.error for one in changes if one.error is not None]
    for error in wrong:
        _warn(error)
    return max((error.exit_code for error in wrong), default=0)


def answered(done: Sequence[Done], *, as_json: bool) -> int:
    """Answer for an apply or a destroy; gives the worst exit code."""
    if as_json:
        say.data_json({"resources": done_answer(done)})
    else:
        show_counts(done)
    return max((one.error.exit_code for one in done if one.error is not None), default=0)


def _warn(error: GluepotError) -> None:
    say.warn(str(error))
    if error.hint:
        say.hint(error.hint)


def show_counts(done: Iterable[Done]) -> None:
    """Print how many resources became what."""
    counts = Counter(one.outcome for one in done)
    say.data(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing to do")


def done_answer(done: Iterable[Done]) -> list[dict[str, Any]]:
    """Give what became of resources as JSON holds it."""
    return [
        {
            "outcome": one.outcome,
            "kind": one.resource.kind,
            "name": one.resource.name,
            "why": one.why,
            "error": as_record(one.error),
        }
        for one in done
    ]
